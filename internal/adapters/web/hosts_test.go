package web_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// TestHostsOnTheWire sends what no Go client sends.
func TestHostsOnTheWire(t *testing.T) {
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{})
	for sent, want := range map[string]int{
		"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n":                                   200,
		"GET /health HTTP/1.1\r\nHost: [::1]:8083\r\n\r\n":                                  200,
		"GET /health HTTP/1.0\r\n\r\n":                                                      200,
		"GET /health HTTP/1.0\r\nHost: evil.example\r\n\r\n":                                421,
		"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n":                                421,
		"GET /health HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n":                                   421,
		"GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n":                421,
		"GET http://localhost:1/health HTTP/1.1\r\nHost: localhost\r\n\r\n":                 200,
		"GET /health HTTP/1.1\r\n\r\n":                                                      400,
		"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n":             400,
		"GET /health HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n": 421,
		"GET /shelf HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n":     403,
	} {
		conn := dial(t, s, sent)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		conn.Close()
		if res.StatusCode != want {
			t.Errorf("%q = %d; want %d", sent, res.StatusCode, want)
		}
	}
}

func TestHostOfHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(shelves(web.Options{}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	for host, want := range map[string]int{"": 200, "localhost": 200, "evil.example": 421} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want || res.ProtoMajor != 2 {
			t.Errorf("HTTP/%d with the authority %q = %d; want %d", res.ProtoMajor, host, res.StatusCode, want)
		}
	}
	// A name in the handshake changes nothing.
	raw, err := tls.Dial("tcp", srv.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "evil.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	fmt.Fprintf(raw, "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(raw), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("over TLS = %d; want 421", res.StatusCode)
	}
}

// The address that a connection arrives at is a name of the server, too.
func TestOwnAddressAsHost(t *testing.T) {
	s := web.NewServer(shelves(web.Options{}), "0.0.0.0:0", web.ServerOptions{})
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve() }()
	defer func() { _ = s.Shutdown(t.Context()) }()
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range ownAddresses(t) {
		res, err := http.Get("http://" + net.JoinHostPort(ip, port) + "/health")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("through %s = %d; want 200", ip, res.StatusCode)
		}
	}
}

// ownAddresses returns the IPv4 addresses of this machine.
func ownAddresses(t *testing.T) (list []string) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			list = append(list, n.IP.String())
		}
	}
	return list
}
