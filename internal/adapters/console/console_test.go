package console_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/console"
	"github.com/memista/memista/internal/adapters/web"
)

// fetch asks for a file of the console, as a browser that takes gzip.
func fetch(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	req.Host = "localhost"
	req.Header.Set("Accept-Encoding", "gzip")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func plain(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	r, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func mounted() http.Handler {
	h := web.New(web.Options{})
	console.Mount(h)
	return h
}

var named = regexp.MustCompile(`(?:src|href)="([^"]*)"|["']\./([a-z]+-[A-Z0-9]+\.(?:js|css))["']`)

// files follows what the page and its scripts name, and returns the answers by name.
func files(t *testing.T, h http.Handler) map[string]*httptest.ResponseRecorder {
	t.Helper()
	found := map[string]*httptest.ResponseRecorder{}
	todo := []string{""}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if found[name] != nil {
			continue
		}
		rec := fetch(t, h, "/console/"+name)
		if rec.Code != http.StatusOK {
			t.Fatalf("GET /console/%s = %d %.200s; want 200", name, rec.Code, rec.Body)
		}
		found[name] = rec
		whole := rec.Body.Bytes()
		for _, m := range named.FindAllStringSubmatch(plain(t, rec), -1) {
			todo = append(todo, m[1]+m[2])
		}
		rec.Body = bytes.NewBuffer(whole)
	}
	return found
}

func TestEveryFileIsThere(t *testing.T) {
	found := files(t, mounted())
	total := 0
	for name, rec := range found {
		total += rec.Body.Len()
		header := rec.Header()
		forever := strings.Contains(header.Get("Cache-Control"), "immutable")
		if want := strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".css"); forever != want {
			t.Errorf("%q: Cache-Control = %q; want immutable: %v", name, header.Get("Cache-Control"), want)
		}
		if header.Get("Content-Security-Policy") != console.Policy || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: headers = %v; want the policy, and nosniff", name, header)
		}
	}
	if len(found) < 4 {
		t.Errorf("the page names %d files; want a script, a style and an icon", len(found)-1)
	}
	if most := 250 << 10; total > most {
		t.Errorf("all files have %d bytes compressed; want at most %d", total, most)
	}
}

func TestPolicyIsStrict(t *testing.T) {
	for _, bad := range []string{"unsafe", "http", "*", "data:", "blob:"} {
		if strings.Contains(console.Policy, bad) {
			t.Errorf("the policy has %q: %s", bad, console.Policy)
		}
	}
	page := plain(t, fetch(t, mounted(), "/console/"))
	if regexp.MustCompile(`<style|style=|<script[^>]*>[^<]|\son[a-z]+=`).MatchString(page) {
		t.Errorf("the page has a style or a script in it, which its policy refuses:\n%s", page)
	}
}

func TestPageIsAskedForAgain(t *testing.T) {
	h := mounted()
	first := fetch(t, h, "/console/")
	if got := first.Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control of the page = %q; want no-cache", got)
	}
	again := fetch(t, h, "/console/", "If-None-Match", first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the page with its tag = %d with %d bytes; want 304 and none", again.Code, again.Body.Len())
	}
}

func TestPathWithoutSlashLeadsThere(t *testing.T) {
	rec := fetch(t, mounted(), "/console")
	if rec.Code != http.StatusPermanentRedirect || rec.Header().Get("Location") != "console/" {
		t.Errorf("GET /console = %d to %q; want 308 to console/", rec.Code, rec.Header().Get("Location"))
	}
}

func TestNoOtherFiles(t *testing.T) {
	for _, path := range []string{"nothing.js", "..%2fconsole.go", "%2e%2e", ".gz", "index.html.gz", "web"} {
		if rec := fetch(t, mounted(), "/console/"+path); rec.Code != http.StatusNotFound {
			t.Errorf("GET /console/%s = %d; want 404", path, rec.Code)
		}
	}
}
