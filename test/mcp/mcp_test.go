// Package mcp_test has a client of others speak the Model Context Protocol with memista.
package mcp_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/ports/repotest"
	"github.com/memista/memista/server"
	"github.com/memista/memista/test/daemon"
	"github.com/memista/memista/test/nodetest"
)

// enabled names the variable that says that the test is meant: it fetches packages.
const enabled = "MEMISTA_MCP_TEST"

// serve returns the URL of a server on which agents may write, with an embedder.
func serve(t *testing.T) string {
	t.Helper()
	provider := remotetest.NewOllama(t)
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
	ctx := nodetest.Start(t, enabled)
	dir := t.TempDir()
	nodetest.Copy(t, dir, "package.json", "client.mjs")
	if err := os.Symlink(nodetest.Packages(ctx, t, "mcp"), filepath.Join(dir, "node_modules")); err != nil {
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
