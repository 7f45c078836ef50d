package web_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/linger"
)

// writeAll sends head and a body of size bytes on a connection of its own before it reads
// anything, as many clients do, and returns the status of the answer.
func writeAll(addr, head string, size int) (int, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", head, size); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, strings.Repeat(" ", size)); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// refusals are requests whose answer does not wait for their body.
var refusals = []struct {
	head   string
	size   int
	status int
}{
	{"POST /shelf/insert", 40 << 20, 413},
	{"POST /shelf/search", 8 << 20, 413},
	{"POST /nowhere", 8 << 20, 404},
	{"PUT /shelf/search", 8 << 20, 405},
	{"GET /health", 8 << 20, 200},
	{"DELETE /shelf/x", 8 << 20, 200},
}

func TestRefusalsArrive(t *testing.T) {
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{})
	h := shelves(web.Options{Keys: keys, Limits: web.Limits{Queue: -1}})
	keyed, _ := start(t, h, web.ServerOptions{})
	small, _ := start(t, shelves(web.Options{Limits: web.Limits{BodyMemory: 1 << 20}}), web.ServerOptions{})
	want := func(s *web.Server, head string, size, status int) {
		t.Helper()
		if got, err := writeAll(s.Addr().String(), head, size); err != nil || got != status {
			t.Errorf("%s with %d bytes = %d, %v; want %d", head, size, got, err, status)
		}
	}
	for _, r := range refusals {
		want(s, r.head, r.size, r.status)
	}
	want(s, "POST /shelf/insert HTTP/1.1\r\nOrigin: http://evil.example\r\nX:", 8<<20, 403)
	want(small, "POST /shelf/insert", 8<<20, 429)
	want(keyed, "POST /shelf/insert", 8<<20, 401)
	giveBack := h.TakeAllSlots()
	defer giveBack()
	want(keyed, "POST /shelf/insert HTTP/1.1\r\nApi-Key: root\r\nX:", 8<<20, 429)
}

// A body in pieces tells only in its middle that it is too large.
func TestRefusalInTheMiddleOfABodyArrives(t *testing.T) {
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{})
	conn := dial(t, s, "POST /shelf/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
	piece := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat(" ", 1<<20))
	if _, err := io.WriteString(conn, strings.Repeat(piece, 16)+"0\r\n\r\n"); err != nil {
		t.Fatalf("write: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status = %d; want 413", res.StatusCode)
	}
}

func TestExpectContinue(t *testing.T) {
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{})
	ask := func(path string, size int) (net.Conn, int) {
		t.Helper()
		conn := dial(t, s, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", path, size))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return conn, res.StatusCode
	}
	for path, want := range map[string]int{"/shelf/insert": 413, "/nowhere": 404} {
		if _, status := ask(path, 40<<20); status != want {
			t.Errorf("%s = %d; want %d, and no body asked for", path, status, want)
		}
	}
	conn, status := ask("/shelf/insert", len(`[[1,0],[0,1]]`))
	if status != http.StatusContinue {
		t.Fatalf("a body that is welcome = %d; want 100", status)
	}
	fmt.Fprint(conn, `[[1,0],[0,1]]`)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("after the body = %d; want 200", res.StatusCode)
	}
}

// Over HTTP/2 an answer ends its request and not the connection.
func TestRefusalsOverHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(shelves(web.Options{}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	dials := 0
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	defer tr.CloseIdleConnections()
	for _, r := range refusals {
		method, path, _ := strings.Cut(r.head, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(strings.Repeat(" ", r.size)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := (&http.Client{Transport: tr}).Do(req)
		if err != nil {
			t.Errorf("%s: %v; want %d", r.head, err, r.status)
			continue
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != r.status || res.ProtoMajor != 2 {
			t.Errorf("%s = %d over HTTP/%d; want %d", r.head, res.StatusCode, res.ProtoMajor, r.status)
		}
	}
	if dials != 1 {
		t.Errorf("%d connections were opened; want one", dials)
	}
}

// A caller that has its answer and goes on sending makes room for others.
func TestLingeringConnectionsMakeRoom(t *testing.T) {
	h := shelves(web.Options{Linger: linger.Limits{Bytes: 1 << 40, Time: time.Hour, Pause: time.Hour}})
	s, _ := start(t, h, web.ServerOptions{MaxConnections: 1})
	slow := dial(t, s, "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx")
	r := bufio.NewReader(slow)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	waitIdle(t, s, 1)
	wantAnswer(t, dial(t, s, ""), "a second connection")
	if _, err := r.ReadByte(); err == nil {
		t.Error("the connection that lingered is still open")
	}
}

func TestLingeringEnds(t *testing.T) {
	h := shelves(web.Options{Linger: linger.Limits{Bytes: 1 << 40, Time: time.Hour, Pause: 50 * time.Millisecond}})
	s, _ := start(t, h, web.ServerOptions{})
	conn := dial(t, s, "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx")
	if raw, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(raw), "HTTP/1.1 404 ") { // ends when the server closes
		t.Errorf("a caller that stops sending got %q, %v", raw, err)
	}
}

// python sends everything before it reads, with what is in its standard library.
const python = `
import http.client, sys
for line in sys.argv[2:]:
    method, path, size, want = line.split()
    c = http.client.HTTPConnection(sys.argv[1], timeout=60)
    c.request(method, path, body=b" " * int(size))
    got = c.getresponse()
    got.read()
    print(method, path, got.status)
    assert got.status == int(want), want
`

func TestRefusalsArriveInPython(t *testing.T) {
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{})
	args := []string{"-c", python, s.Addr().String()}
	for _, r := range refusals {
		args = append(args, fmt.Sprintf("%s %d %d", r.head, r.size, r.status))
	}
	if out, err := exec.CommandContext(t.Context(), interpreter, args...).CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
