//go:build unix

package e2e_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// ask sends a request with this Host and these headers, given as lines.
func ask(t *testing.T, method, url, host, body string, lines ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(raw)
}

// everySurface are paths of what a server has to show; the last has a body.
var everySurface = []string{"/healthz", "/readyz", "/version", "/metrics", "/openapi.json", "/", "/swagger", "/assets/swagger-ui.css", "/v1/databases", "/v1/backup", "/nowhere", "/v1/insert"}

const rebound = `{"database_id":"x","chunks":[{"embedding":[1]}]}`

// TestDNSRebinding plays a page whose name has come to point at this machine.
func TestDNSRebinding(t *testing.T) {
	s := serve(t, t.TempDir(), []string{"MEMISTA_ALLOWED_HOSTS=memista.example.org"}, "serve", "--pprof-address", "127.0.0.1:0")
	_, rest, _ := strings.Cut(s.Log(), `"serving profiles","url":"`)
	profiles, _, _ := strings.Cut(rest, `"`)
	if profiles == "" {
		t.Fatalf("the log names no address of profiles:\n%s", s.Log())
	}
	urls := []string{profiles, profiles + "goroutine", profiles + "cmdline"}
	for _, path := range everySurface {
		urls = append(urls, s.URL+path)
	}
	for _, url := range urls {
		method, body := "GET", ""
		if strings.HasSuffix(url, "/v1/insert") {
			method, body = "POST", rebound
		}
		for _, host := range []string{"evil.example:8083", "evil.example", "0.0.0.0:8083"} {
			if got, _, text := ask(t, method, url, host, body, "Origin: http://"+host); got != 421 {
				t.Errorf("%s %s with Host %s = %d %.100s; want 421", method, url, host, got, text)
			}
		}
		if got, _, text := ask(t, method, url, "", body, "Origin: http://evil.example", "Content-Type: text/plain"); got != 403 {
			t.Errorf("%s %s by a page of another origin = %d %.100s; want 403", method, url, got, text)
		}
	}
	s.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
	for _, host := range []string{"localhost:8083", "LOCALHOST", "127.0.0.1", "[::1]:8083", "memista.example.org:443"} {
		if got, _, text := ask(t, "POST", s.URL+"/v1/insert", host, rebound, "Origin: http://"+strings.ToLower(host)); got != 200 {
			t.Errorf("insert with Host %s = %d %s; want 200", host, got, text)
		}
	}
}

func TestHostsOfAServerThatOthersReach(t *testing.T) {
	s := serve(t, t.TempDir(), nil, "serve", "--server-host", "0.0.0.0", "--insecure")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + port + "/healthz"
	for host, want := range map[string]int{"": 200, "192.0.2.1:80": 200, "0.0.0.0:8083": 200, "[2001:db8::1]": 200, "memista": 421, "evil.example": 421} {
		if got, _, text := ask(t, "GET", url, host, ""); got != want {
			t.Errorf("Host %q = %d %s; want %d", host, got, text, want)
		}
	}
}

func TestPagesOfAllowedOrigins(t *testing.T) {
	const key = "a-key-of-more-than-twenty-characters"
	dir := t.TempDir()
	s := serve(t, dir, []string{"MEMISTA_API_KEY=" + key, "MEMISTA_CORS_ORIGINS=https://app.example.org http://localhost:3000"})
	if got, header, _ := ask(t, "OPTIONS", s.URL+"/v1/insert", "memista.example.org", "", "Origin: http://localhost:3000", "Access-Control-Request-Method: POST"); got != 204 ||
		header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || !strings.Contains(header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight = %d %v", got, header)
	}
	for lines, want := range map[string]int{"Api-Key: " + key: 200, "Api-Key: wrong": 401, "Authorization: Bearer " + key: 200} {
		if got, header, text := ask(t, "POST", s.URL+"/v1/insert", "memista.example.org", rebound, "Origin: https://app.example.org", lines); got != want || header.Get("Access-Control-Allow-Origin") != "https://app.example.org" {
			t.Errorf("insert = %d %v %s; want %d", got, header, text, want)
		}
	}
	if got, header, _ := ask(t, "GET", s.URL+"/v1/databases", "", "", "Origin: http://evil.example", "Api-Key: "+key); header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a page of another origin may read: %d %v", got, header)
	}
	s.terminate()
	s.wait()

	for args, want := range map[string]string{
		"--cors-origins *":                 "cors_origins: *",
		"--cors-origins https://x/y":       "cors_origins: ",
		"--allowed-hosts http://localhost": "allowed_hosts: ",
	} {
		code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0"}, append([]string{"serve"}, strings.Fields(args)...)...)
		if code != 1 || !strings.Contains(errOut, want) {
			t.Errorf("serve %s ended with %d: %s; want 1 and %q", args, code, errOut, want)
		}
	}
}
