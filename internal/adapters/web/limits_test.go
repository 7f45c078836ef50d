package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/domain"
)

func TestConcurrencyLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := web.NewLimiter(1, 1, time.Hour)
		if err := l.Acquire(t.Context()); err != nil || l.Full() {
			t.Fatalf("the first: %v, full %v", err, l.Full())
		}
		second := make(chan error)
		go func() { second <- l.Acquire(context.Background()) }()
		synctest.Wait() // until the second waits
		if err := l.Acquire(t.Context()); !errors.Is(err, domain.ErrBusy) || !l.Full() {
			t.Errorf("the third = %v, full %v; want ErrBusy", err, l.Full())
		}
		l.Release()
		if err := <-second; err != nil {
			t.Errorf("the second, after the first left = %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Acquire(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("one who gave up = %v; want context.Canceled", err)
		}
		l.Release()
		if err := l.Acquire(t.Context()); err != nil {
			t.Errorf("when all have left = %v", err)
		}
		began := time.Now()
		if err := l.Acquire(t.Context()); !errors.Is(err, domain.ErrBusy) || time.Since(began) != time.Hour {
			t.Errorf("one who waited too long = %v after %v; want ErrBusy after an hour", err, time.Since(began))
		}
		none := web.NewLimiter(1, -1, time.Hour)
		_ = none.Acquire(t.Context())
		if err := none.Acquire(t.Context()); !errors.Is(err, domain.ErrBusy) || time.Since(began) != time.Hour {
			t.Errorf("one without a queue = %v; want ErrBusy at once", err)
		}
	})
}

// A full queue refuses before the body is read.
func TestFullQueueReadsNoBody(t *testing.T) {
	h := shelves(web.Options{Limits: web.Limits{Writes: 1, Queue: -1}})
	defer h.TakeAllSlots()()
	req := request("POST", "/shelf/insert", unreadable{t})
	req.ContentLength = 100
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Connection") != "close" || rec.Header().Get("Retry-After") == "" {
		t.Errorf("insert = %d %v %s; want 429, the connection closed", rec.Code, rec.Header(), rec.Body)
	}
}

// Whatever becomes of a request, nothing that it took stays taken.
func TestSlotsAndMemoryAreGivenBack(t *testing.T) {
	h := shelves(web.Options{BodyLimit: 100, Limits: web.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: -1, BodyMemory: 10_000}})
	zipped := string(compress.Gzip.Append(nil, []byte("[[1,0]]")))
	for _, r := range []struct {
		method, path, coding, body string
		status                     int
	}{
		{"POST", "/shelf/insert", "", "[[1,0]]", 200},
		{"POST", "/shelf/insert", "gzip", zipped, 200},
		{"POST", "/shelf/insert", "gzip", zipped[:10], 400},
		{"POST", "/shelf/insert", "br", "[[1,0]]", 415},
		{"POST", "/shelf/insert", "", "refuse", 400},
		{"POST", "/shelf/insert", "", "panic", 500},
		{"POST", "/shelf/insert", "", strings.Repeat(" ", 20_000), 429},
		{"POST", "/shelf/insert", "gzip", string(compress.Gzip.Append(nil, make([]byte, 20_000))), 429},
		{"POST", "/shelf/search", "", strings.Repeat(" ", 200), 413},
		{"GET", "/shelf/x", "", "", 200},
		{"GET", "/stream", "", "", 200},
		{"DELETE", "/shelf/x", "", "", 200},
	} {
		for range 3 {
			req := request(r.method, r.path, strings.NewReader(r.body))
			if r.coding != "" {
				req.Header.Set("Content-Encoding", r.coding)
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if rec.Code != r.status {
				t.Errorf("%s %s %.20q = %d %s; want %d", r.method, r.path, r.body, rec.Code, rec.Body, r.status)
			}
			if slots, bytes := h.InUse(); slots != 0 || bytes != 0 {
				t.Fatalf("after %s %s %.20q %d slots and %d bytes are taken; want none", r.method, r.path, r.body, slots, bytes)
			}
		}
	}
}

// The memory for bodies is shared by all: who comes when it is full is told to come again.
func TestMemoryForBodies(t *testing.T) {
	h := shelves(web.Options{Limits: web.Limits{BodyMemory: 10_000, BodyTimeout: time.Minute}})
	srv := httptest.NewServer(h)
	defer srv.Close()
	body, pipe := io.Pipe()
	answered := make(chan int)
	go func() {
		res, err := http.Post(srv.URL+"/shelf/insert", "application/json", body)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	if _, err := io.WriteString(pipe, `{"database_id":"d","chunks":[{"embedding":[1],"text":"`+strings.Repeat("x", 6000)); err != nil {
		t.Fatal(err)
	}
	for _, held := h.InUse(); held < 6000; _, held = h.InUse() {
		time.Sleep(time.Millisecond)
	}
	large := `{"database_id":"d","chunks":[{"embedding":[1],"text":"` + strings.Repeat("y", 6000) + `"}]}`
	if got := send(h, "POST", "/shelf/insert", large); got.Code != http.StatusTooManyRequests || !strings.Contains(got.Body.String(), "the requests under way fill the memory for bodies: try again in a moment, or send smaller parts") {
		t.Errorf("a second large body = %d %s; want 429", got.Code, got.Body)
	}
	if got := send(h, "POST", "/shelf/insert", "[[1]]"); got.Code != http.StatusOK {
		t.Errorf("a small body = %d %s; want 200", got.Code, got.Body)
	}
	if _, err := io.WriteString(pipe, `"}]}`); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if got := <-answered; got != 200 {
		t.Errorf("the body that was there first = %d; want 200", got)
	}
	if got := send(h, "POST", "/shelf/insert", large); got.Code != http.StatusOK {
		t.Errorf("the second large body afterwards = %d %s; want 200", got.Code, got.Body)
	}
}
