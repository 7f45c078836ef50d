package origin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web/origin"
)

func policy(t *testing.T, o origin.Options) *origin.Policy {
	t.Helper()
	p, err := origin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// arrived returns a request with this Host on a connection that arrived at local.
func arrived(host string, local net.Addr) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = host
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
}

func tcp(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 8083} }

func TestHosts(t *testing.T) {
	loopback := tcp("127.0.0.1")
	for _, tt := range []struct {
		name    string
		options origin.Options
		local   net.Addr
		serves  []string
		refuses []string
	}{
		{"nothing configured", origin.Options{}, loopback,
			[]string{
				"localhost", "localhost:8083", "LOCALHOST:1", "localhost.", "LocalHost.:8083", "127.0.0.1", "127.0.0.1:8083", "127.8.9.10:1", "127.0.0.1:",
				"[::1]", "[::1]:8083", "[0:0:0:0:0:0:0:1]:8083", "[::1%lo]:8083", "[::1%25lo0]", "[::ffff:127.0.0.1]:1", "",
			},
			[]string{
				"evil.example:8083", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.localhost", "localhost..", "x", ".", ":8083",
				"0.0.0.0:8083", "192.0.2.1:8083", "[::]:8083", "[2001:db8::1]", "[fe80::1%25lo]:8083", "127.1:8083", "2130706433", "0x7f000001", "127.0.0.01",
				"::1", "::1:8083", "[::1", "[::1]x", "[localhost]:8083", "localhost:x", "localhost:8083:1", "localhost@evil.example", "evil.example:80@localhost",
				"127.0.0.1%25evil.example", "localhost\x00", "locаlhost", "localhost evil.example",
			}},
		{"allowed names", origin.Options{Hosts: []string{"Memista.example.org", "box", "192.0.2.7", "[2001:db8::7]", "xn--bcher-kva.example"}}, loopback,
			[]string{"memista.example.org", "MEMISTA.EXAMPLE.ORG.:443", "box:8083", "localhost", "192.0.2.7:1", "[2001:DB8:0::7]:1", "xn--bcher-kva.example"},
			[]string{"example.org", "x.memista.example.org", "memista.example.org.evil.example", "192.0.2.8", "[2001:db8::8]"}},
		{"any name", origin.Options{Hosts: []string{"x", "*"}}, loopback, []string{"evil.example", "localhost", "192.0.2.1", "::1:x"}, nil},
		{"the address of the connection", origin.Options{}, tcp("192.0.2.1"),
			[]string{"192.0.2.1:8083", "[::ffff:192.0.2.1]:1", "localhost", "127.0.0.1"}, []string{"192.0.2.2:8083", "evil.example", "0.0.0.0"}},
		{"an IPv6 connection, with a zone", origin.Options{}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 8083},
			[]string{"[fe80::1%25eth0]:8083", "[fe80::1]"}, []string{"[fe80::2]", "evil.example"}},
		{"all addresses", origin.Options{Addresses: true}, loopback,
			[]string{"192.0.2.1:8083", "0.0.0.0:8083", "[2001:db8::1]:1", "localhost"}, []string{"evil.example:8083", "box", "127.1", "::1"}},
		{"a Unix socket", origin.Options{}, &net.UnixAddr{Net: "unix", Name: "/run/m.sock"}, []string{"docker", "localhost", "evil.example"}, nil},
		{"no connection", origin.Options{}, nil, []string{"localhost", "127.0.0.1"}, []string{"evil.example", "192.0.2.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy(t, tt.options)
			for _, host := range tt.serves {
				if err := p.Check(arrived(host, tt.local), false); err != nil {
					t.Errorf("Host %q: %v; want it served", host, err)
				}
			}
			for _, host := range tt.refuses {
				if err := p.Check(arrived(host, tt.local), false); !errors.Is(err, origin.ErrHost) {
					t.Errorf("Host %q: %v; want ErrHost", host, err)
				}
				if err := p.Check(arrived(host, tt.local), true); err != nil {
					t.Errorf("Host %q where keys are needed: %v; want it served", host, err)
				}
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	p := policy(t, origin.Options{Origins: []string{"https://App.example.org:443", "http://localhost:3000"}})
	const navigation = "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: "
	for _, tt := range []struct {
		methods, headers string
		open, keyed      bool // whether it is served without keys, and with
	}{
		{"GET POST", "", true, true},
		{"GET POST OPTIONS", "Origin: http://127.0.0.1:8083", true, true},
		{"GET POST", "Origin: http://127.0.0.1:8083\nSec-Fetch-Site: same-origin", true, true},
		{"GET POST", "Sec-Fetch-Site: none", true, true},
		{"POST", "Host: LOCALHOST:1\nOrigin: http://localhost:1", true, true},
		{"GET POST DELETE", "Origin: https://app.example.org\nSec-Fetch-Site: cross-site", true, true},
		{"GET POST", "Origin: http://localhost:3000\nSec-Fetch-Site: same-site", true, true},
		{"POST PUT PATCH DELETE X", "Origin: http://evil.example", false, false},
		{"GET HEAD OPTIONS", "Origin: http://evil.example", false, true},
		{"POST", "Sec-Fetch-Site: cross-site", false, false},
		{"POST", "Origin: null", false, false},
		{"POST", "Origin: http://127.0.0.1:3000\nSec-Fetch-Site: same-site", false, false},
		{"POST", "Origin: http://127.0.0.1", false, false},
		{"POST", "Origin: https://app.example.org.evil.example", false, false},
		{"POST", "Origin: http://app.example.org", false, false},
		{"POST", "Origin: https://app.example.org\nOrigin: http://evil.example\nSec-Fetch-Site: cross-site", false, false},
		{"GET", "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image", false, true},
		{"GET", navigation + "document", true, true},
		{"GET", navigation + "iframe", false, true},
		{"POST", navigation + "document", false, false},
	} {
		for method := range strings.FieldsSeq(tt.methods) {
			r := httptest.NewRequest(method, "http://127.0.0.1:8083/x", nil)
			for line := range strings.SplitSeq(tt.headers, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				if name == "Host" {
					r.Host = value
				} else if name != "" {
					r.Header.Add(name, value)
				}
			}
			for keyed, want := range map[bool]bool{false: tt.open, true: tt.keyed} {
				if err := p.Check(r, keyed); (err == nil) != want || err != nil && !errors.Is(err, origin.ErrOrigin) {
					t.Errorf("%s with %q, keys needed: %v: %v; want it served: %v", method, tt.headers, keyed, err, want)
				}
			}
		}
	}
}

func TestMalformedEntriesAreRefused(t *testing.T) {
	for _, host := range []string{"", "http://x", "x/y", "x:80", "[::1", "[::1]:80", "a b", "x@y", "*.example.org", "bücher.example", "x?", ":"} {
		if _, err := origin.New(origin.Options{Hosts: []string{"localhost", host}}); err == nil {
			t.Errorf("New with the host %q: no error", host)
		}
	}
	for _, page := range []string{
		"", "null", "app.example.org", "app.example.org:443", "https://", "https://x/", "https://x/y", "https://x?", "https://x#", "https://u@x", "https://*.x", "https://x:", "//x",
		"https://bücher.example", "https://x y",
	} {
		if _, err := origin.New(origin.Options{Origins: []string{"http://localhost", page}}); err == nil {
			t.Errorf("New with the origin %q: no error", page)
		}
	}
}

func TestHandler(t *testing.T) {
	srv := httptest.NewServer(policy(t, origin.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})))
	defer srv.Close()
	for _, tt := range []struct {
		host, origin string
		want         int
	}{
		{"", "", http.StatusTeapot},
		{"evil.example", "", http.StatusMisdirectedRequest},
		{"evil.example", "http://evil.example", http.StatusMisdirectedRequest},
		{"", "http://evil.example", http.StatusForbidden},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("Host %q, Origin %q = %d; want %d", tt.host, tt.origin, res.StatusCode, tt.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	p, err := origin.New(origin.Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := arrived("127.0.0.1:8083", tcp("127.0.0.1"))
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Check(r, false); err != nil {
			b.Fatal(err)
		}
	}
}
