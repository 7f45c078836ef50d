package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/web"
)

// start runs a server of handler on a free port until the test ends.
func start(t *testing.T, handler http.Handler, o web.ServerOptions) (*web.Server, chan error) {
	t.Helper()
	s := web.NewServer(handler, "127.0.0.1:0", o)
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	return s, served
}

func TestShutdownFinishesRequestsInFlight(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	begun, finish := make(chan struct{}), make(chan struct{})
	s, served := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "whole answer")
	}), web.ServerOptions{})
	url := "http://" + s.Addr().String()

	answer := make(chan string, 1)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	go func() {
		res, err := (&http.Client{Transport: tr}).Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		answer <- string(b)
	}()
	<-begun
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v; want nil after Shutdown", err)
	}
	// New connections are refused while the old request goes on.
	if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
		conn.Close()
		t.Error("a new connection was taken after Shutdown began")
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown = %v before the request ended", err)
	default:
	}
	close(finish)
	if got := <-answer; got != "whole answer" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

func TestURLOfAServerWithoutTLS(t *testing.T) {
	s, _ := start(t, http.NotFoundHandler(), web.ServerOptions{})
	want := "http://" + s.Addr().String()
	if got := s.URL(); got != want {
		t.Errorf("URL = %s; want %s", got, want)
	}
	res, err := http.Get(want) // answered, so net/http has set up the server
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := s.URL(); got != want {
		t.Errorf("URL of a server at work = %s; want %s", got, want)
	}
}

func TestShutdownBreaksOffWhenItsTimeIsUp(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	s, _ := start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done() // Close cancels it
		close(finish)
	}), web.ServerOptions{})
	go func() {
		res, err := http.Get("http://" + s.Addr().String())
		if err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown = %v; want context.Canceled", err)
	}
	<-finish
}

func TestListenOnAddressInUse(t *testing.T) {
	s, _ := start(t, http.NotFoundHandler(), web.ServerOptions{})
	if err := web.NewServer(http.NotFoundHandler(), s.Addr().String(), web.ServerOptions{}).Listen(); err == nil {
		t.Error("Listen on an address in use succeeded")
	}
	if err := web.NewServer(http.NotFoundHandler(), "127.0.0.1:0", web.ServerOptions{}).Serve(); err == nil {
		t.Error("Serve without Listen succeeded")
	}
}

// A caller that sends slowly loses the connection: in the headers, and in the body.
func TestSlowSenders(t *testing.T) {
	s, _ := start(t, shelves(web.Options{Limits: web.Limits{BodyTimeout: 100 * time.Millisecond}}), web.ServerOptions{
		ReadHeaderTimeout: 50 * time.Millisecond, ReadTimeout: 100 * time.Millisecond,
	})
	for name, sent := range map[string]string{
		"headers": "POST /shelf/insert HTTP/1.1\r\nHost: localhost\r\n",
		"body":    "POST /shelf/insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, sent)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		got, err := io.ReadAll(bufio.NewReader(conn)) // ends when the server closes
		conn.Close()
		if err != nil {
			t.Errorf("slow %s: %v; want the connection closed", name, err)
		}
		if name == "body" && !strings.Contains(string(got), "came too slowly") {
			t.Errorf("slow body: answer %s", got)
		}
	}
}

// A request may take longer than its sender was given to send it.
func TestReadTimeoutDoesNotEndAHandler(t *testing.T) {
	const limit = 50 * time.Millisecond
	s, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		timer := time.NewTimer(4 * limit)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
			_, _ = io.WriteString(w, "canceled")
		case <-timer.C:
			_, _ = io.WriteString(w, "done")
		}
	}), web.ServerOptions{ReadTimeout: limit})
	res, err := http.Post("http://"+s.Addr().String(), "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, _ := io.ReadAll(res.Body); string(got) != "done" {
		t.Errorf("answer = %q; want done", got)
	}
}

func TestURLWhileServing(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	s, _ := start(t, http.NotFoundHandler(), web.ServerOptions{})
	res, err := http.Get("http://" + s.Addr().String()) // Serve has begun
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	if want := "http://" + s.Addr().String(); s.URL() != want {
		t.Errorf("URL() = %s; want %s", s.URL(), want)
	}
}

func TestFurtherAddresses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, served := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served")
	}), web.ServerOptions{Also: []string{"127.0.0.1:0", "127.0.0.1:0"}})
	addrs := append(s.Also(), s.Addr())
	if len(addrs) != 3 {
		t.Fatalf("listens on %v; want three addresses", addrs)
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	for _, a := range addrs {
		res, err := (&http.Client{Transport: tr}).Get("http://" + a.String())
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(res.Body); string(b) != "served" {
			t.Errorf("%v answers %q", a, b)
		}
		res.Body.Close()
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v; want nil after Shutdown", err)
	}
	for _, a := range addrs {
		if conn, err := net.Dial("tcp", a.String()); err == nil {
			conn.Close()
			t.Errorf("%v takes connections after Shutdown", a)
		}
	}
}

func TestAFurtherAddressThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	s := web.NewServer(http.NotFoundHandler(), addr, web.ServerOptions{Also: []string{taken.Addr().String()}})
	failed, ok := errors.AsType[*web.ListenError](s.Listen())
	if !ok || failed.Addr != taken.Addr().String() {
		t.Errorf("Listen = %v; want one that names %v", failed, taken.Addr())
	}
	again, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the first address is still held: %v", err)
	}
	again.Close()
}
