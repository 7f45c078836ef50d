package httpapi_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/httpapi/docs"
)

// fetch asks for a page or what it loads.
func (c client) fetch(path string, header map[string]string) *httptest.ResponseRecorder {
	c.t.Helper()
	req := requestIn(c.t.Context(), http.MethodGet, path, nil)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	return rec
}

func text(t *testing.T, r io.Reader) string {
	t.Helper()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// loads finds what a page names, in attributes and in our scripts.
var loads = regexp.MustCompile(`(?:src|href|spec-url)="([^"]*)"|url: '([^']*)'`)

// TestPagesLoadOnlyWhatTheServerHas follows all that the pages and our scripts name.
func TestPagesLoadOnlyWhatTheServerHas(t *testing.T) {
	c := newClient(t, options{})
	todo := []string{"/"}
	for _, name := range docs.Names()[1:] {
		todo = append(todo, "/"+name)
	}
	var seen []string
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if slices.Contains(seen, path) {
			continue
		}
		seen = append(seen, path)
		got := c.do("GET", path, "")
		if got.status != 200 {
			t.Errorf("GET %s = %d %.200s; want 200", path, got.status, got.body)
			continue
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && len(got.body) > 2000 {
			continue // of others, or data
		}
		for _, m := range loads.FindAllStringSubmatch(got.body, -1) {
			if to := m[1] + m[2]; to != "data:," {
				todo = append(todo, "/"+to)
			}
		}
	}
	if len(seen) < 16 {
		t.Errorf("only %v were found", seen)
	}
}

func TestPagesAllowNoOtherServer(t *testing.T) {
	c := newClient(t, options{})
	for _, name := range []string{"", "swagger", "redoc", "rapidoc", "scalar"} {
		policy := c.fetch("/"+name, nil).Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
			t.Errorf("policy of /%s = %q; want one that names no other server", name, policy)
		}
	}
}

func TestPagesAreFoundWithASlash(t *testing.T) {
	c := newClient(t, options{})
	for _, name := range []string{"swagger", "redoc", "rapidoc", "scalar"} {
		if res := c.fetch("/"+name+"/", nil); res.Code != http.StatusPermanentRedirect || res.Header().Get("Location") != "../"+name {
			t.Errorf("GET /%s/ = %d to %q; want 308 to ../%s", name, res.Code, res.Header().Get("Location"), name)
		}
	}
	if res := c.fetch("/v1/databases/", nil); res.Code != http.StatusNotFound {
		t.Errorf("GET /v1/databases/ = %d; want 404", res.Code)
	}
}

func TestFilesOfPages(t *testing.T) {
	c := newClient(t, options{})
	const path = "/assets/swagger-ui.css"
	plain := c.fetch(path, nil)
	want := text(t, plain.Body)
	if plain.Header().Get("Content-Encoding") != "" || !strings.Contains(want, ".swagger-ui") {
		t.Errorf("without Accept-Encoding: encoding %q and %.80q", plain.Header().Get("Content-Encoding"), want)
	}
	t.Run("compressed for those who take it", func(t *testing.T) {
		for _, accept := range []string{"gzip", "br;q=1, GZIP;q=0.5", "deflate,gzip"} {
			res := c.fetch(path, map[string]string{"Accept-Encoding": accept})
			r, err := gzip.NewReader(res.Body)
			if err != nil || res.Header().Get("Content-Encoding") != "gzip" || res.Header().Get("Vary") != "Accept-Encoding" {
				t.Fatalf("%s: %v, headers %v", accept, err, res.Header())
			}
			if text(t, r) != want {
				t.Errorf("%s: another text than without", accept)
			}
		}
		for _, accept := range []string{"identity", "gzip;q=0", "xgzip", "gzip;x=1"} {
			if got := c.fetch(path, map[string]string{"Accept-Encoding": accept}).Header().Get("Content-Encoding"); got != "" {
				t.Errorf("%s: Content-Encoding = %q; want none", accept, got)
			}
		}
	})
	t.Run("not sent again to those who have it", func(t *testing.T) {
		tag := plain.Header().Get("ETag")
		res := c.fetch(path, map[string]string{"If-None-Match": `"other", ` + tag, "Accept-Encoding": "gzip"})
		if res.Code != http.StatusNotModified || text(t, res.Body) != "" || res.Header().Get("ETag") != tag {
			t.Errorf("with the tag %s: %d %v; want 304", tag, res.Code, res.Header())
		}
		if res := c.fetch(path, map[string]string{"If-None-Match": `"other"`}); res.Code != 200 {
			t.Errorf("with another tag: %d; want 200", res.Code)
		}
	})
	t.Run("no other files", func(t *testing.T) {
		for _, name := range []string{"nothing.js", "..%2fpages%2fswagger.html", "swagger.html", "%2e%2e%2fdocs.go", ".gz"} {
			if got := c.do("GET", "/assets/"+name, ""); got.status != 404 {
				t.Errorf("GET /assets/%s = %d; want 404", name, got.status)
			}
		}
	})
}
