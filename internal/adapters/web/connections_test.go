package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web"
)

// dial opens a connection on which sent has been sent.
func dial(t *testing.T, s *web.Server, sent string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// wantClosed fails unless the server has closed conn.
func wantClosed(t *testing.T, conn net.Conn, what string) {
	t.Helper()
	n, err := conn.Read(make([]byte, 1))
	if n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: read %d bytes, %v; want it closed", what, n, err)
	}
}

// wantAnswer fails unless the server answers a request on conn.
func wantAnswer(t *testing.T, conn net.Conn, what string) {
	t.Helper()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("%s: %v; want an answer", what, err)
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
}

// waitIdle returns when n connections of s are idle.
func waitIdle(t *testing.T, s *web.Server, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.Idle() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections wait; want %d", s.Idle(), n)
		}
	}
}

func TestTooManyConnections(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	s, _ := start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			begun <- struct{}{}
			<-finish
		}
	}), web.ServerOptions{MaxConnections: 3, ReadHeaderTimeout: time.Minute})

	busy := dial(t, s, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-begun
	idle := dial(t, s, "")
	wantAnswer(t, idle, "the first request of a connection")
	waitIdle(t, s, 1)
	slow := dial(t, s, "GET / HTTP/1.1\r\nX-Half-A-Hea")
	waitIdle(t, s, 2)
	fourth := dial(t, s, "")
	wantAnswer(t, fourth, "a fourth connection")
	wantClosed(t, idle, "the one that waited longest")
	waitIdle(t, s, 2)
	fifth := dial(t, s, "")
	wantAnswer(t, fifth, "a fifth connection")
	wantClosed(t, slow, "the one with half a request")
	waitIdle(t, s, 2)

	// When all are busy, there is nothing to close but the new one.
	for _, c := range []net.Conn{fourth, fifth} {
		fmt.Fprint(c, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
		<-begun
	}
	wantClosed(t, dial(t, s, ""), "one too many")
	finish <- struct{}{}
	finish <- struct{}{}
	finish <- struct{}{}
	res, err := http.ReadResponse(bufio.NewReader(busy), nil)
	if err != nil {
		t.Fatalf("the request under way: %v; want its answer", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the request under way: %s; want 200", res.Status)
	}
	wantAnswer(t, dial(t, s, ""), "when there is room again")
}

// A body that comes slowly but steadily is given its time; one that stops is not.
func TestSlowBodies(t *testing.T) {
	s, _ := start(t, shelves(web.Options{Limits: web.Limits{BodyTimeout: 300 * time.Millisecond, MinBodyRate: 1000}}),
		web.ServerOptions{ReadTimeout: 300 * time.Millisecond})
	head := func(n int) string {
		return fmt.Sprintf("POST /shelf/insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", n)
	}

	body := `{"database_id":"d","chunks":[{"embedding":[1],"text":"` + strings.Repeat("x", 2000) + `"}]}`
	conn := dial(t, s, head(len(body)))
	tick := time.NewTicker(20 * time.Millisecond) // 5,000 bytes in a second
	defer tick.Stop()
	for rest := body; rest != ""; <-tick.C {
		n := min(100, len(rest))
		if _, err := io.WriteString(conn, rest[:n]); err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(body)-len(rest), len(body), err)
		}
		rest = rest[n:]
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, _ := io.ReadAll(res.Body); string(got) != fmt.Sprintf("{\"bytes\":%d}\n", len(body)) {
		t.Errorf("a slow and steady body = %d %s", res.StatusCode, got)
	}

	stopped := dial(t, s, head(len(body))+body[:500])
	answer, err := io.ReadAll(stopped) // ends when the server closes
	if err != nil || !strings.Contains(string(answer), "came too slowly") {
		t.Errorf("a body that stops: %s, %v; want it refused", answer, err)
	}
}
