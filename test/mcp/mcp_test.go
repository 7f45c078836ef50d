// Package mcp_test has a client of others speak the Model Context Protocol with memista.
package mcp_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/npm"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/ports/repotest"
	"github.com/memista/memista/server"
	"github.com/memista/memista/test/daemon"
)

// enabled names the variable that says that the test is meant: it fetches packages.
const enabled = "MEMISTA_MCP_TEST"

// packages returns the directory that has the packages of testdata/package-lock.json
// installed, each what its hash there says. They are fetched once, then cached.
func packages(ctx context.Context, t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile("testdata/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := npm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "mcp", fmt.Sprintf("%x", sha256.Sum256(lock))[:12])
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// Aside first, so that a test that is cut off leaves nothing that is not whole.
	aside, err := os.MkdirTemp(filepath.Dir(dir), "making-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	copyTo(t, aside, "package.json", "package-lock.json")
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = aside
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(aside, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}

// copyTo copies files of testdata to a directory.
func copyTo(t *testing.T, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serve returns the URL of a server on which agents may write, with an embedder.
func serve(t *testing.T) string {
	t.Helper()
	provider := remotetest.NewServer(t, remotetest.API{
		Path: "/api/embed",
		Texts: func(body []byte) ([]string, error) {
			var r struct{ Input []string }
			err := json.Unmarshal(body, &r)
			return r.Input, err
		},
		Answer: func(_ []byte, es [][]float32) any { return map[string]any{"model": "words", "embeddings": es} },
	})
	c, err := compose.Open(t.Context(), compose.Config{
		Repository: repotest.NewMemory(),
		Embed:      compose.EmbedConfig{Default: "ollama/words", Ollama: provider.URL},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Service.Close() })
	db, ok := bridge.Wrap(c.Service).(*memista.DB)
	if !ok {
		t.Fatal("Wrap returns something else than a *memista.DB")
	}
	web := httptest.NewServer(server.New(db, &server.Options{MCPWrite: true}))
	t.Cleanup(web.Close)
	return web.URL
}

// want is what the client prints on each of its ways.
const want = `server "memista"
tools ["count","describe_database","forget","get","list_databases","remember","search","update"]
remember {"ids":[1,2]}
search [["tea","memista://WAY/chunks/1"]]
filter ["editor"]
fields ["topic"]
update {"topic":"taste","seen":true}
get "the user edits with vim"
resource "tea"
templates ["memista://{database}/chunks/{id}"]
refused {"error":"Database 'nobody' not found"}
forget {"forgotten":2}
count {"count":0}
list [["WAY","meaning"]]
`

func TestTypeScriptClient(t *testing.T) {
	if os.Getenv(enabled) == "" {
		t.Skipf("set %s=1, or run make mcp-client: this fetches packages", enabled)
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	dir := t.TempDir()
	copyTo(t, dir, "package.json", "client.mjs")
	if err := os.Symlink(packages(ctx, t), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	program, err := daemon.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "node", "client.mjs", serve(t), program)
	cmd.Dir = dir
	var errOut strings.Builder
	cmd.Stderr = &errOut
	got, err := cmd.Output()
	if err != nil {
		t.Errorf("the client: %v\n%s", err, &errOut)
	}
	var expected strings.Builder
	for _, way := range []string{"http", "stdio"} {
		for line := range strings.Lines(strings.ReplaceAll(want, "WAY", way)) {
			expected.WriteString(way + " " + line)
		}
	}
	if diff := cmp.Diff(expected.String(), string(got)); diff != "" {
		t.Errorf("the client printed (-want +got):\n%s", diff)
	}
}
