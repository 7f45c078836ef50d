// Package docs_test looks at the documentation pages as a reader does: in a browser.
package docs_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/adapters/npm"
	"github.com/memista/memista/server"
)

// playwright drives the browser. It is fetched once, then cached.
var playwright = npm.Package{Name: "playwright-core", Version: "1.65.1",
	Integrity: "sha512-hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw=="}

// enabled names the variable that says that the test is meant: it starts a browser.
const enabled = "MEMISTA_DOCS_TEST"

// program returns the path of the first of the programs that is installed, or skips; in
// CI, where they are installed, one that is missing is an error.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", strings.Join(names, ", or "))
	}
	t.Skipf("%s is not installed", strings.Join(names, ", or "))
	return ""
}

// looked is what a page did; see check.js.
type looked struct {
	Name    string
	Errors  []string // on the console
	Outside []string // requests to other servers
	Shown   []string // names of operations
	Tried   string   // status of a request sent from the page
	Server  string   // that RapiDoc would send requests to
}

func TestPagesInABrowser(t *testing.T) {
	if os.Getenv(enabled) == "" {
		t.Skipf("set %s=1, or run make docs-test: this starts a browser", enabled)
	}
	node, npmPath := program(t, "node"), program(t, "npm")
	browser := program(t, "chromium", "chromium-browser", "google-chrome")
	t.Log(node, npmPath, browser)
	cache, err := npm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	library, err := playwright.Fetch(ctx, cache)
	if err != nil {
		t.Fatal(err)
	}
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	api := server.New(db, nil)
	for name, at := range map[string]struct {
		prefix  string
		handler http.Handler
	}{"alone": {"", api}, "behind a prefix": {"/some/where", http.StripPrefix("/some/where", api)}} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(at.handler)
			defer s.Close()
			for _, p := range look(ctx, t, node, library, browser, s.URL+at.prefix) {
				t.Run(p.Name, func(t *testing.T) { check(t, p, s.URL+at.prefix) })
			}
		})
	}
}

// look opens the pages of the server at url.
func look(ctx context.Context, t *testing.T, node, library, browser, url string) []looked {
	t.Helper()
	cmd := exec.CommandContext(ctx, node, "check.js", library, browser, url)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("check.js: %v\n%s", err, out)
	}
	var pages []looked
	if err := json.Unmarshal(out, &pages); err != nil || len(pages) != 4 {
		t.Fatalf("%d pages, %v:\n%s", len(pages), err, out)
	}
	return pages
}

// check reports what is not as it should be on a page of the server at url.
func check(t *testing.T, p looked, url string) {
	t.Helper()
	if len(p.Shown) != 3 {
		t.Errorf("names of operations on the page: %q; want 3", p.Shown)
	}
	if len(p.Errors) > 0 {
		t.Errorf("errors on the console:\n%s", strings.Join(p.Errors, "\n"))
	}
	if len(p.Outside) > 0 {
		t.Errorf("requests to other servers: %q", p.Outside)
	}
	if p.Name == "swagger" && p.Tried != "200" {
		t.Errorf("a request from the page was answered %q; want 200", p.Tried)
	}
	if p.Name == "rapidoc" && p.Server != url {
		t.Errorf("requests of the page would go to %q; want %q", p.Server, url)
	}
}
