//go:build unix

// Package console_test lives a user's hour in the console of the real program, in headless
// Chromium.
package console_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/test/daemon"
	"github.com/memista/memista/test/nodetest"
)

// enabled names the variable that says that the test is meant: it starts a browser.
const enabled = "MEMISTA_CONSOLE_TEST"

// rootKey may do everything on the server that asks for keys.
const rootKey = "root-0123456789abcdef0123456789"

// lived is what hour.mjs tells.
type lived struct {
	Steps []struct {
		Name  string `json:"name"`
		Error string `json:"error"`
	} `json:"steps"`
	Outside []string `json:"outside"` // requests to other servers
	Errors  []string `json:"errors"`  // on the console of the browser
	Axe     []string `json:"axe"`     // serious findings
	Shots   []string `json:"shots"`
	Numbers struct {
		FirstPaint []float64 `json:"first_paint_ms"`
		FirstLoad  int       `json:"first_load_bytes"`
	} `json:"numbers"`
}

// What the console is held to.
const (
	mostPaint = 300.0     // milliseconds on loopback, the median of several loads
	mostLoad  = 250 << 10 // bytes as they are sent
)

func TestUsersHour(t *testing.T) {
	ctx := nodetest.Start(t, enabled)
	browser := chromium(t)
	dir := t.TempDir()
	nodetest.Copy(t, dir, "package.json", "hour.mjs", "lib.mjs", "keys.mjs")
	if err := os.Symlink(nodetest.Packages(ctx, t, "console"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	program, err := daemon.Build(ctx, t.TempDir(), "-tags", "sqlite_fts5")
	if err != nil {
		t.Fatal(err)
	}
	shots := os.Getenv("MEMISTA_CONSOLE_SHOTS")
	if shots == "" {
		shots = filepath.Join("..", "..", "bin", "console-shots")
	}
	if shots, err = filepath.Abs(shots); err == nil {
		err = os.MkdirAll(shots, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	open, keyed := serve(ctx, t, program), serve(ctx, t, program, "MEMISTA_API_KEY="+rootKey)
	cmd := exec.CommandContext(ctx, "node", "hour.mjs", browser, open, keyed, rootKey, shots)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("hour.mjs: %v\n%s", err, out)
	}
	var l lived
	if err := json.Unmarshal(out, &l); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	t.Logf("%d steps, %d pictures in %s, first paint %v ms, first load %d bytes", len(l.Steps), len(l.Shots), shots, l.Numbers.FirstPaint, l.Numbers.FirstLoad)
	check(t, &l)
}

// serve starts a server with an embedder, and returns its address.
func serve(ctx context.Context, t *testing.T, program string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, program, "serve", "--server-port", "0",
		"--database-path", filepath.Join(t.TempDir(), "memista.db"),
		"--ollama-url", remotetest.NewOllama(t).URL, "--embedder", "ollama/words")
	// The program refuses variables of its own that it does not know.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MEMISTA_") }), env...)
	s, err := daemon.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s.URL
}

func check(t *testing.T, l *lived) {
	t.Helper()
	for _, s := range l.Steps {
		t.Run(s.Name, func(t *testing.T) {
			if s.Error != "" {
				t.Error(s.Error)
			}
		})
	}
	if len(l.Steps) < 15 {
		t.Errorf("%d steps were done; want all", len(l.Steps))
	}
	if len(l.Outside) > 0 {
		t.Errorf("requests to other servers: %q", l.Outside)
	}
	if len(l.Errors) > 0 {
		t.Errorf("errors on the console of the browser:\n%s", strings.Join(l.Errors, "\n"))
	}
	if len(l.Axe) > 0 {
		t.Errorf("serious findings of axe:\n%s", strings.Join(l.Axe, "\n"))
	}
	paint := slices.Sorted(slices.Values(l.Numbers.FirstPaint))
	if len(paint) < 5 || paint[len(paint)/2] >= mostPaint {
		t.Errorf("first paint after %v ms; want a median under %v", paint, mostPaint)
	}
	if l.Numbers.FirstLoad == 0 || l.Numbers.FirstLoad > mostLoad {
		t.Errorf("the first load has %d bytes; want at most %d", l.Numbers.FirstLoad, mostLoad)
	}
}

// chromium returns the path of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("Chromium is not installed: run INSTALL=1 make test-console (Debian: apt-get install chromium)")
	return ""
}
