package linger_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/adapters/web/linger"
)

// refusing refuses every request unread, lingers within l, and tells how long that took.
func refusing(l linger.Limits) (h http.Handler, drained chan time.Duration) {
	drained = make(chan time.Duration, 10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const text = "refused\n"
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, text)
		began := time.Now()
		linger.Drain(w, r, l)
		drained <- time.Since(began)
	}), drained
}

// refuse connects to a server that refuses, by a pipe in memory: so bubbles of synctest
// can wait.
func refuse(t *testing.T, l linger.Limits) (conn net.Conn, drained chan time.Duration) {
	t.Helper()
	h, drained := refusing(l)
	conn, accepted := net.Pipe()
	p := make(pipes, 1)
	p <- accepted
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(p) }()
	t.Cleanup(func() {
		conn.Close()
		srv.Close()
	})
	return conn, drained
}

// pipes is a listener that accepts what is sent.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

const head = "POST / HTTP/1.1\r\nHost: localhost\r\n"

// status reads an answer and returns its status.
func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer res.Body.Close()
	if raw, err := io.ReadAll(res.Body); err != nil || string(raw) != "refused\n" {
		t.Errorf("body = %q, %v", raw, err)
	}
	return res.StatusCode
}

// A caller that writes all of its body before it reads gets its answer.
func TestAnswersArrive(t *testing.T) {
	h, drained := refusing(linger.Default)
	srv := httptest.NewServer(h)
	defer srv.Close()
	const size = 40 << 20
	for name, body := range map[string]string{
		"with a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)),
		"in pieces":     "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20)), 40) + "0\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.WriteString(conn, head+body); err != nil {
			t.Errorf("%s: write: %v", name, err)
		}
		if got := status(t, conn); got != http.StatusForbidden {
			t.Errorf("%s: %d; want 403", name, got)
		}
		<-drained
	}
}

func TestTheAnswerComesBeforeTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, drained := refuse(t, linger.Default)
		began := time.Now()
		fmt.Fprint(conn, head+"Content-Length: 100\r\n\r\nx")
		if got := status(t, conn); got != http.StatusForbidden || time.Since(began) != 0 {
			t.Errorf("status = %d after %v; want 403 at once", got, time.Since(began))
		}
		if took := <-drained; took != linger.Default.Pause {
			t.Errorf("the rest was waited for for %v; want %v", took, linger.Default.Pause)
		}
	})
}

func TestBounds(t *testing.T) {
	long := linger.Limits{Bytes: 1 << 40, Time: time.Hour, Pause: time.Hour}
	with := func(change func(*linger.Limits)) linger.Limits {
		l := long
		change(&l)
		return l
	}
	for name, tt := range map[string]struct {
		limits linger.Limits
		took   time.Duration
	}{
		"bytes": {with(func(l *linger.Limits) { l.Bytes = 1000 }), 0},
		"time":  {with(func(l *linger.Limits) { l.Time = time.Minute }), time.Minute},
		"pause": {with(func(l *linger.Limits) { l.Pause = time.Second }), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, drained := refuse(t, tt.limits)
				go fmt.Fprint(conn, head+"Content-Length: 1000000\r\n\r\n"+strings.Repeat("x", 2000))
				if got := status(t, conn); got != http.StatusForbidden {
					t.Errorf("status = %d; want 403", got)
				}
				if took := <-drained; took != tt.took {
					t.Errorf("it took %v; want %v", took, tt.took)
				}
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("after the limit: %v; want the connection closed", err)
				}
			})
		})
	}
}

// A caller that sends a byte now and then is cut off when its time is up.
func TestSlowSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, drained := refuse(t, linger.Limits{Bytes: 1 << 20, Time: time.Minute, Pause: time.Hour})
		go io.Copy(io.Discard, conn)
		fmt.Fprint(conn, head+"Content-Length: 1000000\r\n\r\n")
		sent := 0
		for ; ; sent++ {
			if _, err := io.WriteString(conn, "x"); err != nil {
				break // the connection is closed
			}
			time.Sleep(time.Second)
		}
		if took := <-drained; took != time.Minute || sent < 59 || sent > 61 {
			t.Errorf("it took %v and %d bytes; want a minute and one each second", took, sent)
		}
	})
}

// Whoever asks before it sends is not told to.
func TestExpectContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, drained := refuse(t, linger.Default)
		fmt.Fprint(conn, head+"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
		if got := status(t, conn); got != http.StatusForbidden {
			t.Errorf("status = %d; want 403 and no 100 before it", got)
		}
		conn.Close()
		<-drained
	})
}

func TestWhereThereIsNothingToRead(t *testing.T) {
	rec := httptest.NewRecorder()
	linger.Drain(rec, httptest.NewRequest(http.MethodGet, "/", nil), linger.Default)
	linger.Drain(rec, httptest.NewRequest(http.MethodPost, "/", unread{t}), linger.Default)
	h2 := httptest.NewRequest(http.MethodPost, "/", unread{t})
	h2.ProtoMajor = 2
	linger.Drain(rec, h2, linger.Default)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read without a connection")
	return 0, io.EOF
}
