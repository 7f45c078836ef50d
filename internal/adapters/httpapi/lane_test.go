package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/domain"
)

func TestLane(t *testing.T) {
	l := httpapi.NewLane(1, 1, time.Hour)
	if err := l.Enter(t.Context()); err != nil || l.Crowded() {
		t.Fatalf("the first: %v, crowded %v", err, l.Crowded())
	}
	second := make(chan error)
	go func() { second <- l.Enter(context.Background()) }()
	for !l.Crowded() { // until the second waits
		time.Sleep(time.Millisecond)
	}
	if err := l.Enter(t.Context()); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("the third = %v; want ErrBusy", err)
	}
	l.Leave()
	if err := <-second; err != nil {
		t.Errorf("the second, after the first left = %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Enter(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("one who gave up = %v; want context.Canceled", err)
	}
	l.Leave()
	if err := l.Enter(t.Context()); err != nil {
		t.Errorf("when all have left = %v", err)
	}
	short := httpapi.NewLane(1, 1, time.Millisecond)
	_ = short.Enter(t.Context())
	if err := short.Enter(t.Context()); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("one who waited too long = %v; want ErrBusy", err)
	}
	none := httpapi.NewLane(1, -1, time.Hour)
	_ = none.Enter(t.Context())
	if err := none.Enter(t.Context()); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("one without a queue = %v; want ErrBusy", err)
	}
}

// TestEveryRouteWaitsForAPlace takes all places, so that every route that needs one must
// refuse, whether it reads its body or not.
func TestEveryRouteWaitsForAPlace(t *testing.T) {
	svc, _ := newService(t)
	h := httpapi.New(svc, httpapi.Options{Limits: httpapi.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: 8, QueueWait: time.Millisecond}})
	defer h.TakeAllPlaces()()
	for _, r := range h.Rules() {
		path := strings.NewReplacer("{id}", "none", "{chunk_id}", "1", "{key}", "k").Replace(r.Path)
		for _, body := range []string{"", theirs[r.Method+" "+r.Path], "{}"} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, request(r.Method, path, strings.NewReader(body)))
			free := r.Scope == 0 || r.Scope == domain.ScopeMonitor
			if busy := rec.Code == http.StatusTooManyRequests; busy == free {
				t.Errorf("%s %s with body %q = %d %s while all places are taken; does it read its body with withBody?", r.Method, path, body, rec.Code, rec.Body)
			}
			if rec.Code == http.StatusTooManyRequests && rec.Header().Get("Retry-After") == "" {
				t.Errorf("%s %s: 429 without Retry-After", r.Method, path)
			}
		}
	}
}

// A full queue refuses before the body is read.
func TestCrowdedLaneReadsNoBody(t *testing.T) {
	svc, _ := newService(t)
	h := httpapi.New(svc, httpapi.Options{Limits: httpapi.Limits{Writes: 1, Queue: -1}})
	defer h.TakeAllPlaces()()
	c := client{t: t, handler: h}
	c.refusedUnread("", "POST", "/v1/insert", 429, "too_busy")
}

func TestPlacesAreGivenBack(t *testing.T) {
	svc, _ := newService(t)
	h := httpapi.New(svc, httpapi.Options{Limits: httpapi.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: -1}})
	c := client{t: t, handler: h}
	for range 3 {
		c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
		c.do("POST", "/v1/insert", `{"broken`)
		c.do("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0]],"num_results":1}`)
		c.do("POST", "/v1/search", `{"database_id":"none","embeddings":[[1,0]],"num_results":1}`)
		c.do("GET", "/v1/databases/none", "")
		c.want("DELETE", "/v1/drop", `{"database_id":"my_app"}`, 200, `{"status":"success","message":"Table and index dropped successfully"}`)
	}
	if taken, held := h.Taken(); taken != 0 || held != 0 {
		t.Errorf("%d places and %d bytes are taken after the last request; want none", taken, held)
	}
}

// The memory for bodies is shared by all: who comes when it is full is told to come again.
func TestMemoryForBodies(t *testing.T) {
	svc, _ := newService(t)
	h := httpapi.New(svc, httpapi.Options{Limits: httpapi.Limits{BodyMemory: 10_000, BodyTimeout: time.Minute}})
	srv := httptest.NewServer(h)
	defer srv.Close()
	body, pipe := io.Pipe()
	answered := make(chan int)
	go func() {
		res, err := http.Post(srv.URL+"/v1/insert", "application/json", body)
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
	for _, held := h.Taken(); held < 6000; _, held = h.Taken() {
		time.Sleep(time.Millisecond)
	}
	large := `{"database_id":"d","chunks":[{"embedding":[1],"text":"` + strings.Repeat("y", 6000) + `"}]}`
	c := client{t: t, handler: h}
	c.wantError("POST", "/v1/insert", large, 429, "too_busy", "the requests under way fill the memory for bodies: try again in a moment, or send smaller parts")
	c.want("POST", "/v1/insert", `{"database_id":"e","chunks":[{"embedding":[1]}]}`, 200, `{"inserted_ids":[1]}`)
	if _, err := io.WriteString(pipe, `"}]}`); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if got := <-answered; got != 200 {
		t.Errorf("the body that was there first = %d; want 200", got)
	}
	c.want("POST", "/v1/insert", large, 200, `{"inserted_ids":[2]}`)
}

// The hits of all queries count together: one request must not ask for millions.
func TestHitsOfOneSearch(t *testing.T) {
	c := newClient(t, httpapi.Options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	search := func(n int) string {
		return `{"database_id":"my_app","embeddings":[` + strings.Repeat("[1,0],", n-1) + `[1,0]],"num_results":10000,"include":[]}`
	}
	if got := c.do("POST", "/v1/search", search(10)); got.status != 200 {
		t.Errorf("100,000 hits = %d %s; want 200", got.status, got.body)
	}
	c.wantError("POST", "/v1/search", search(11), 413, "too_large", "110000 hits asked for in one search, at most 100000 are allowed: send fewer queries at once, or ask for fewer hits each")
}
