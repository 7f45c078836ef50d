//go:build unix

// Package clients_test has the clients that people use for Qdrant and Chroma live their
// whole life with the real program: they make collections, fill them, search with filters,
// page, change, delete and drop, and send what is wrong.
package clients_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/memista/memista/test/daemon"
	"github.com/memista/memista/test/nodetest"
)

// enabled names the variable that says that the test is meant: it fetches packages.
const enabled = "MEMISTA_CLIENTS_TEST"

// suites are the programs in testdata that node runs, in this order, on one server.
var suites = []string{
	"qdrant-js", "qdrant-js-1.9", "langchain-qdrant", "mastra-qdrant", "mem0", "llamaindex-qdrant",
	"chroma-js", "chroma-js-2", "chroma-js-1.10", "langchain-chroma", "mastra-chroma", "llamaindex-chroma",
	"across",
}

// builds are the variants of the program that people get.
var builds = []struct{ name, cgo, tags string }{
	{"the build with C", "1", "sqlite_fts5"},
	{"the build without C", "0", ""},
}

func TestClients(t *testing.T) {
	ctx := nodetest.Start(t, enabled)
	for _, b := range builds {
		t.Run(b.name, func(t *testing.T) {
			r := runner{ctx: ctx, dir: workspace(ctx, t)}
			r.program = build(ctx, t, b.cgo, b.tags)
			s := r.serve(t)
			for _, suite := range suites {
				t.Run(suite, func(t *testing.T) { r.run(t, s, suite) })
			}
			t.Run("langchaingo", func(t *testing.T) { r.langChainGo(t, s) })
			s.noFailures(t)
			s.stop(t)
			s = r.serve(t)
			t.Run("after a restart", func(t *testing.T) { r.run(t, s, "restart") })
			s.stop(t)
			r.dir = workspace(ctx, t)
			t.Run("keys", func(t *testing.T) { r.withKeys(t) })
		})
	}
}

// withKeys runs the suite in which clients give keys, on a server of its own that asks for
// them.
func (r runner) withKeys(t *testing.T) {
	t.Helper()
	for _, k := range []struct{ variable, scopes string }{{"KEY", "read,write,admin"}, {"READ_KEY", "read"}} {
		out, err := r.command("keys", "create", "--scopes", k.scopes, "--name", k.variable).Output()
		key := regexp.MustCompile(`\bmemista_\w+`).FindString(string(out))
		if err != nil || key == "" {
			t.Fatalf("keys create: %v\n%s", err, out)
		}
		r.env = append(r.env, k.variable+"="+key)
	}
	s := r.serve(t)
	r.run(t, s, "keys")
	s.stop(t)
}

// build returns the path of the program that is tested: MEMISTA_CLIENTS_BIN, if it is set,
// or one built from this source.
func build(ctx context.Context, t *testing.T, cgo, tags string) string {
	t.Helper()
	if path := os.Getenv("MEMISTA_CLIENTS_BIN"); path != "" {
		return path
	}
	t.Setenv("CGO_ENABLED", cgo)
	program, err := daemon.Build(ctx, t.TempDir(), "-tags", tags)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// workspace returns a directory with the suites and their packages.
func workspace(ctx context.Context, t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob(filepath.Join("testdata", "*.mjs"))
	if err != nil || len(files) < len(suites) {
		t.Fatalf("%d suites in testdata, %v", len(files), err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	nodetest.Copy(t, dir, append(files, "package.json")...)
	if err := os.Symlink(nodetest.Packages(ctx, t, "clients"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runner runs suites in dir, and memista on a data file there.
type runner struct {
	ctx     context.Context
	dir     string
	program string
	env     []string // more for the suites
}

// server is a running memista, with a port for each surface.
type server struct {
	*daemon.Server
	qdrant, chroma string // URLs
}

// command returns memista with args, with no settings but those of the tests.
func (r runner) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.ctx, r.program, args...)
	cmd.Dir = r.dir
	cmd.Env = []string{"HOME=" + r.dir, "XDG_CACHE_HOME=" + filepath.Join(r.dir, "cache"), "PATH=" + os.Getenv("PATH")}
	return cmd
}

// serve starts memista on the data file in the runner's directory.
func (r runner) serve(t *testing.T) server {
	t.Helper()
	qdrant, chroma := freePort(t), freePort(t)
	d, err := daemon.Start(r.command("serve", "--server-port", "0", "--qdrant-port", qdrant, "--chroma-port", chroma))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill)
	return server{d, "http://127.0.0.1:" + qdrant, "http://127.0.0.1:" + chroma}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// environ returns what tells suites where the server is.
func (r runner) environ(s server) []string {
	return append(os.Environ(), append([]string{
		"QDRANT_URL=" + s.qdrant, "CHROMA_URL=" + s.chroma, "MEMISTA_URL=" + s.URL,
	}, r.env...)...)
}

// outcome is a line that reporter.mjs writes: what became of a test of a suite.
type outcome struct {
	Name  string
	OK    bool
	Error string
}

// run runs a suite, and reports each of its tests as one of t.
func (r runner) run(t *testing.T, s server, suite string) {
	t.Helper()
	results := filepath.Join(r.dir, suite+".jsonl")
	args := append(nodeFlags(r.ctx), "--test-reporter=./reporter.mjs", "--test-reporter-destination="+results, suite+".mjs")
	cmd := exec.CommandContext(r.ctx, "node", args...)
	cmd.Dir, cmd.Env = r.dir, r.environ(s)
	printed, runErr := cmd.CombinedOutput()
	raw, err := os.ReadFile(results)
	if err != nil {
		t.Fatalf("%v, %v\n%s", runErr, err, printed)
	}
	failed := false
	n := 0
	for line := range strings.Lines(string(raw)) {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		n++
		failed = failed || !o.OK
		t.Run(o.Name, func(t *testing.T) {
			if !o.OK {
				t.Error(o.Error)
			}
		})
	}
	if n == 0 || runErr != nil && !failed {
		t.Errorf("%d tests, %v\n%s", n, runErr, printed)
	}
}

// nodeFlags returns what this node needs so that the client of Qdrant keeps all digits of
// integers of 64 bits: Node.js 20 and 21 can, but must be told.
func nodeFlags(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "node", "-p", "'rawJSON' in JSON").Output()
	if err == nil && strings.TrimSpace(string(out)) == "false" {
		return []string{"--harmony-json-parse-with-source"}
	}
	return nil
}

// langChainGo runs the tests of the module langchaingo.
func (r runner) langChainGo(t *testing.T, s server) {
	t.Helper()
	cmd := exec.CommandContext(r.ctx, "go", "test", "-count=1", "-v", ".")
	cmd.Dir, cmd.Env = "langchaingo", append(r.environ(s), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n--- PASS: ") < 2 {
		t.Errorf("go test: %v\n%s", err, out)
	}
}

// noFailures fails the test if the server answered a request that it was at fault for.
func (s server) noFailures(t *testing.T) {
	t.Helper()
	get(t, s.URL+"/version") // so that one request is counted at least
	counts := get(t, s.URL+"/metrics")
	if !strings.Contains(counts, `memista_http_requests_total{code="200"`) {
		t.Errorf("the metrics count no requests:\n%s", counts)
	}
	// 501 is how the surfaces refuse what they do not have.
	for _, line := range regexp.MustCompile(`(?m)^memista_http_requests_total\{code="5(?:0[^1]|[^0].)".*$`).FindAllString(counts, -1) {
		t.Errorf("a request failed: %s\n%s", line, s.Log())
	}
}

// get returns what the server answers.
func get(t *testing.T, at string) string {
	t.Helper()
	res, err := http.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// stop ends the server as service managers do.
func (s server) stop(t *testing.T) {
	t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, err := s.Wait(); code != 0 || err != nil {
		t.Errorf("the server ended with %d, %v:\n%s", code, err, s.Log())
	}
}
