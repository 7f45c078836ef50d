package httpapi_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/origin"
)

// with sends a request with more headers, given as lines; Host is one of them.
func (c client) with(method, path, body string, lines ...string) answer {
	c.t.Helper()
	req := requestIn(c.t.Context(), method, path, strings.NewReader(body))
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	switch {
	case slices.Contains([]string{"HEAD", "OPTIONS", "TRACE"}, method) || path == "/nowhere": // in no contract
		if rec.Code >= 400 {
			checkError(c.t, rec.Body.Bytes(), rec.Header())
		}
	default:
		c.check(method, path, rec.Result())
	}
	return answer{status: rec.Code, header: rec.Header(), body: strings.TrimSpace(rec.Body.String())}
}

// everyPath returns method and path of each route, and of what is none.
func everyPath(h *web.Handler) (list [][2]string) {
	for _, r := range h.Routes() {
		path := strings.NewReplacer("{id}", "x", "{chunk_id}", "1", "{key}", "k", "{job}", "1", "{name}", "swagger-ui.css").Replace(r.Path)
		list = append(list, [2]string{r.Method, path})
	}
	return append(list, [2]string{"GET", "/nowhere"}, [2]string{"OPTIONS", "/v1/insert"}, [2]string{"TRACE", "/healthz"})
}

// TestDNSRebinding asks for everything as a page does whose name points at us.
func TestDNSRebinding(t *testing.T) {
	if _, err := contract(); err != nil { // which outlives the bubble
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // an import that is canceled waits to be heard of
		svc := newServiceIn(t, "")
		h, keyed := newHandler(svc, options{}), newHandler(svc, options{Keys: limitedKeys()})
		c := client{t: t, handler: h}
		c.want("POST", "/v1/insert", `{"database_id":"x","chunks":[{"embedding":[1],"key":"k"}]}`, 200, `{"inserted_ids":[1]}`)
		for _, r := range everyPath(h) {
			for _, lines := range [][]string{
				{"Host: evil.example:8083"},
				{"Host: evil.example:8083", "Origin: http://evil.example:8083", "Sec-Fetch-Site: same-origin"},
				{"Host: 0.0.0.0:8083", "Origin: http://0.0.0.0:8083"},
			} {
				if got := c.with(r[0], r[1], "", lines...); got.status != 421 || !strings.Contains(got.body, `"code":"misdirected"`) {
					t.Errorf("%s %s with %q = %d %.200s; want 421", r[0], r[1], lines, got.status, got.body)
				}
				if got := (client{t: t, handler: keyed}).with(r[0], r[1], "", lines[0]); got.status == 421 {
					t.Errorf("%s %s with %q where keys are needed = 421", r[0], r[1], lines[0])
				}
			}
			if got := c.with(r[0], r[1], "", "Origin: http://evil.example"); got.status != 403 || !strings.Contains(got.body, `"code":"cross_origin"`) {
				t.Errorf("%s %s by a page of another origin = %d %.200s; want 403", r[0], r[1], got.status, got.body)
			}
			if r[1] == "/v1/backup" {
				continue // answers with a file
			}
			if got := c.with(r[0], r[1], "", "Host: LocalHost.:1"); got.status == 421 || got.status == 403 {
				t.Errorf("%s %s with Host LocalHost.:1 = %d", r[0], r[1], got.status)
			}
		}
	})
}

func TestPagesOfOtherOriginsStoreNothing(t *testing.T) {
	c := newClient(t, options{})
	// What a page may send anywhere without a preflight.
	for _, lines := range [][]string{
		{"Origin: https://evil.example", "Content-Type: text/plain"},
		{"Origin: null", "Content-Type: text/plain"},
		{"Origin: http://localhost:3000", "Sec-Fetch-Site: same-site", "Content-Type: application/x-www-form-urlencoded"},
		{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
		{"Host: evil.example", "Origin: http://evil.example"},
	} {
		if got := c.with("POST", "/v1/insert", twoChunks, lines...); got.status != 403 && got.status != 421 {
			t.Errorf("insert with %q = %d %s; want it refused", lines, got.status, got.body)
		}
	}
	c.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
}

func TestCORS(t *testing.T) {
	const app = "https://app.example.org"
	policy, err := origin.New(origin.Options{Origins: []string{app}})
	if err != nil {
		t.Fatal(err)
	}
	svc, _ := newService(t)
	h := newHandler(svc, options{Origins: policy, Keys: limitedKeys(), BodyLimit: 100, Limits: web.Limits{Searches: 1, Queue: -1}})
	c := client{t: t, handler: h}
	const key, by = "api-key: root", "Origin: " + app
	search := `{"database_id":"my_app","embeddings":[[1,0]],"num_results":1}`
	giveBack := func() {}
	for _, tt := range []struct {
		method, path, body string
		lines              []string
		status             int
		first              func()
	}{
		{"POST", "/v1/insert", twoChunks, []string{by, key}, 200, nil},
		{"POST", "/v1/search", search, []string{by, key}, 200, nil},
		{"GET", "/v1/databases", "", []string{by}, 401, nil},
		{"GET", "/v1/databases", "", []string{by, "Authorization: Bearer wrong"}, 401, nil},
		{"POST", "/v1/insert", twoChunks, []string{by, "api-key: read"}, 403, nil},
		{"POST", "/v1/search", search + strings.Repeat(" ", 100), []string{by, key}, 413, nil},
		{"POST", "/v1/search", "{", []string{by, key}, 400, nil},
		{"GET", "/nowhere", "", []string{by, key}, 404, nil},
		{"DELETE", "/healthz", "", []string{by, key}, 405, nil},
		{"GET", "/swagger", "", []string{by}, 200, nil},
		{"POST", "/v1/search", search, []string{by, key}, 429, func() { giveBack = takeAllSlots(t, h, "root") }},
	} {
		if tt.first != nil {
			tt.first()
		}
		got := c.with(tt.method, tt.path, tt.body, tt.lines...)
		if got.status != tt.status || got.header.Get("Access-Control-Allow-Origin") != app || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Retry-After") {
			t.Errorf("%s %s = %d %v; want %d that the page can read", tt.method, tt.path, got.status, got.header, tt.status)
		}
		if vary := strings.Join(got.header["Vary"], ", "); !strings.Contains(vary, "Origin") {
			t.Errorf("%s %s: Vary = %q; want Origin in it", tt.method, tt.path, vary)
		}
	}
	giveBack()

	ask := []string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: api-key,content-type"}
	got := c.with("OPTIONS", "/v1/search", "", append(ask, by)...)
	if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != app || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "api-key") || got.body != "" {
		t.Errorf("preflight without a key = %d %v; want 204", got.status, got.header)
	}
	if got := c.with("OPTIONS", "/v1/search", "", append(ask, "Origin: http://evil.example")...); got.status == 204 || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of another page = %d %v", got.status, got.header)
	}
	if got := c.with("GET", "/healthz", "", "Origin: http://evil.example"); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another page may read: %v", got.header)
	}
	if got := newClient(t, options{}).with("OPTIONS", "/v1/search", "", append(ask, by)...); got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight where no origins are configured = %d %v; want 403", got.status, got.header)
	}
	open := client{t: t, handler: newHandler(svc, options{Origins: policy})}
	if got := open.with("POST", "/v1/search", search, by, "Sec-Fetch-Site: cross-site"); got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("a page of an allowed origin where no keys are needed = %d %v; want 200", got.status, got.header)
	}
	if got := open.with("POST", "/v1/search", search, by, "Host: evil.example"); got.status != 421 {
		t.Errorf("an allowed origin through another host = %d; want 421", got.status)
	}
}
