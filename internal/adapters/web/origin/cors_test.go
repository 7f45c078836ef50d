package origin_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/web/origin"
)

// shared returns the headers that Share sets, and whether it took the request, given as
// lines of headers, for a preflight.
func shared(p *origin.Policy, method string, lines ...string) (http.Header, bool) {
	r := httptest.NewRequest(method, "http://127.0.0.1:8083/x", nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	answer := http.Header{}
	preflight := p.Share(answer, r)
	return answer, preflight
}

func TestShare(t *testing.T) {
	const (
		app = "https://app.example.org"
		ask = "Access-Control-Request-Method: POST"
	)
	none, named := policy(t, origin.Options{}), policy(t, origin.Options{Origins: []string{app, "http://localhost:3000"}})
	all := policy(t, origin.Options{Origins: []string{app, "*"}})
	varies := http.Header{"Vary": {"Origin"}}

	for name, tt := range map[string]struct {
		policy *origin.Policy
		method string
		lines  []string
		want   http.Header
	}{
		"nothing configured":            {none, "GET", []string{"Origin: " + app}, http.Header{}},
		"nothing configured, preflight": {none, "OPTIONS", []string{"Origin: " + app, ask}, http.Header{}},
		"no page":                       {named, "GET", nil, varies},
		"another page":                  {named, "GET", []string{"Origin: http://evil.example"}, varies},
		"another page, preflight":       {named, "OPTIONS", []string{"Origin: http://evil.example", ask}, varies},
		"two origins":                   {named, "GET", []string{"Origin: " + app, "Origin: " + app}, varies},
		"all origins, no page":          {all, "GET", nil, http.Header{}},
	} {
		got, preflight := shared(tt.policy, tt.method, tt.lines...)
		if diff := cmp.Diff(tt.want, got); diff != "" || preflight {
			t.Errorf("%s: preflight %v, headers (-want +got):\n%s", name, preflight, diff)
		}
	}

	for p, want := range map[*origin.Policy]string{named: app, all: "*"} {
		got, preflight := shared(p, "POST", "Origin: "+app)
		if preflight || got.Get("Access-Control-Allow-Origin") != want || got.Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("a request by the page: preflight %v, headers %v; want it allowed as %s", preflight, got, want)
		}
		for _, name := range []string{"X-Request-Id", "Retry-After", "WWW-Authenticate"} {
			if !strings.Contains(got.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("Access-Control-Expose-Headers = %q; want %s in it", got["Access-Control-Expose-Headers"], name)
			}
		}
		got, preflight = shared(p, "OPTIONS", "Origin: "+app, ask, "Access-Control-Request-Private-Network: true")
		if !preflight || got.Get("Access-Control-Allow-Origin") != want || got.Get("Access-Control-Max-Age") != "7200" || got.Get("Access-Control-Allow-Private-Network") != "true" {
			t.Errorf("a preflight: %v, headers %v", preflight, got)
		}
		for _, name := range []string{"api-key", "Authorization", "Content-Type", "Content-Encoding", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"} {
			if !slices.Contains(strings.Split(got.Get("Access-Control-Allow-Headers"), ", "), name) {
				t.Errorf("Access-Control-Allow-Headers = %q; want %s in it", got["Access-Control-Allow-Headers"], name)
			}
		}
		for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if !slices.Contains(strings.Split(got.Get("Access-Control-Allow-Methods"), ", "), m) {
				t.Errorf("Access-Control-Allow-Methods = %q; want %s in it", got["Access-Control-Allow-Methods"], m)
			}
		}
		if got.Get("Access-Control-Allow-Credentials") != "" {
			t.Error("cookies are allowed")
		}
		if got, preflight := shared(p, "OPTIONS", "Origin: "+app); preflight || got.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("OPTIONS that asks for nothing: preflight %v, %v", preflight, got)
		}
	}
	if got, _ := shared(named, "GET", "Origin: "+app); got.Get("Vary") != "Origin" {
		t.Errorf("Vary = %q; want Origin", got["Vary"])
	}
}
