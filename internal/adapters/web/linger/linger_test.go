package linger_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web/linger"
)

// refuse starts a server that refuses every request unread, and lingers within l.
func refuse(t *testing.T, l linger.Limits) (addr string, drained chan struct{}) {
	t.Helper()
	drained = make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, "refused", http.StatusForbidden)
		linger.Drain(w, r, l)
		drained <- struct{}{}
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), drained
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

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
	addr, drained := refuse(t, linger.Default)
	const size = 40 << 20
	for name, body := range map[string]string{
		"with a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)),
		"in pieces":     "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20)), 40) + "0\r\n\r\n",
	} {
		conn := dial(t, addr)
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
	addr, drained := refuse(t, linger.Default)
	conn := dial(t, addr)
	fmt.Fprint(conn, head+"Content-Length: 100\r\n\r\nx")
	if got := status(t, conn); got != http.StatusForbidden {
		t.Errorf("status = %d; want 403", got)
	}
	conn.Close()
	<-drained
}

func TestBounds(t *testing.T) {
	long := linger.Limits{Bytes: 1 << 40, Time: time.Hour, Pause: time.Hour}
	with := func(change func(*linger.Limits)) linger.Limits {
		l := long
		change(&l)
		return l
	}
	for name, l := range map[string]linger.Limits{
		"bytes": with(func(l *linger.Limits) { l.Bytes = 1000 }),
		"time":  with(func(l *linger.Limits) { l.Time = 50 * time.Millisecond }),
		"pause": with(func(l *linger.Limits) { l.Pause = 50 * time.Millisecond }),
	} {
		t.Run(name, func(t *testing.T) {
			addr, drained := refuse(t, l)
			conn := dial(t, addr)
			fmt.Fprint(conn, head+"Content-Length: 1000000\r\n\r\n"+strings.Repeat("x", 2000))
			if got := status(t, conn); got != http.StatusForbidden {
				t.Errorf("status = %d; want 403", got)
			}
			<-drained
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("after the limit: %v; want the connection closed", err)
			}
		})
	}
}

// A caller that sends a byte now and then is cut off when its time is up.
func TestSlowSenders(t *testing.T) {
	addr, drained := refuse(t, linger.Limits{Bytes: 1 << 20, Time: 200 * time.Millisecond, Pause: time.Hour})
	conn := dial(t, addr)
	fmt.Fprint(conn, head+"Content-Length: 1000000\r\n\r\n")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-drained:
			return
		case <-tick.C:
			_, _ = io.WriteString(conn, "x") // fails once the connection is closed
		}
		if n > 6000 {
			t.Fatal("it may go on")
		}
	}
}

// Whoever asks before it sends is not told to.
func TestExpectContinue(t *testing.T) {
	addr, drained := refuse(t, linger.Default)
	conn := dial(t, addr)
	fmt.Fprint(conn, head+"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
	if got := status(t, conn); got != http.StatusForbidden {
		t.Errorf("status = %d; want 403 and no 100 before it", got)
	}
	conn.Close()
	<-drained
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
