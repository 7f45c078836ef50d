package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shell runs command lines on one data file in a directory of their own.
type shell struct {
	t  *testing.T
	in string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	t.Setenv("DATABASE_PATH", filepath.Join(t.TempDir(), "data", "memista.db"))
	return &shell{t: t}
}

// run returns the exit code and what was printed.
func (s *shell) run(args ...string) (code int, out, errOut string) {
	s.t.Helper()
	var o, e bytes.Buffer
	code = run(s.t.Context(), args, strings.NewReader(s.in), &o, &e)
	return code, o.String(), e.String()
}

// ok runs a command line that must succeed.
func (s *shell) ok(args ...string) string {
	s.t.Helper()
	code, out, errOut := s.run(args...)
	if code != exitOK {
		s.t.Fatalf("memista %s = %d; stderr: %s", strings.Join(args, " "), code, errOut)
	}
	return out
}

// fails runs a command line that must fail with code and say want.
func (s *shell) fails(code int, want string, args ...string) {
	s.t.Helper()
	got, out, errOut := s.run(args...)
	if got != code || !strings.Contains(errOut, want) || out != "" {
		s.t.Errorf("memista %s = %d, %q, stderr %q; want %d and %q on stderr only", strings.Join(args, " "), got, out, errOut, code, want)
	}
}

func (s *shell) file(name, content string) string {
	s.t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return name
}

const threeWords = `{"embedding":[1,0],"text":"east","metadata":{"a":1}}
{"embedding":[0,1],"text":"north","key":"n"}
{"embedding":[-1,0],"text":"west","metadata":"x"}
`

func TestImportSearchListDrop(t *testing.T) {
	s := newShell(t)
	words := s.file("words.jsonl", threeWords)
	if out := s.ok("import", "compass", words, "--metric", "cosine"); out != "words.jsonl: 3 rows stored\n" {
		t.Errorf("import printed %q", out)
	}
	if out := s.ok("search", "compass", "-k", "2", "0.9", "0.1"); out != "0.993884\t1\teast\n0.110432\t2\tnorth\n" {
		t.Errorf("search printed %q", out)
	}
	for _, args := range [][]string{
		{"search", "compass", "-k1", "--", "-1", "0.1"},
		{"search", "compass", "-k1", "[-1, 0.1]"},
		{"search", "compass", "-k1", "--exact", "--", "-1,0.1"},
	} {
		if out := s.ok(args...); !strings.HasSuffix(out, "\t3\twest\n") || strings.Count(out, "\n") != 1 {
			t.Errorf("%v printed %q; want west", args, out)
		}
	}
	s.in = "-1\n0.1\n"
	if out := s.ok("search", "compass", "-k1", "--json", "-"); !strings.HasPrefix(out, `{"chunk_id":3,"key":"words.jsonl:3","text":"west","metadata":"x","score":0.99`) {
		t.Errorf("search --json printed %q", out)
	}
	if out := s.ok("search", "compass", "--like", "2", "-k2"); strings.Contains(out, "north") || strings.Count(out, "\n") != 2 {
		t.Errorf("search --like 2 printed %q; want the two others", out)
	}
	if out := s.ok("import", "compass", words); out != "words.jsonl: 3 rows stored\n" {
		t.Errorf("second import printed %q", out)
	}
	var d struct {
		ID, Metric         string
		Chunks, Dimensions int
	}
	if err := json.Unmarshal([]byte(s.ok("databases", "--json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID != "compass" || d.Chunks != 3 || d.Dimensions != 2 || d.Metric != "cosine" {
		t.Errorf("databases = %+v; want compass with 3 chunks: a second import replaces", d)
	}
	if out := s.ok("databases"); !strings.Contains(out, "compass   3       2           cosine  24 B") {
		t.Errorf("databases printed %q", out)
	}

	s.in = "no\n"
	s.fails(exitUsage, "nothing was dropped", "drop", "compass")
	s.in = "yes\n"
	if out := s.ok("drop", "compass"); out != "database \"compass\" dropped\n" {
		t.Errorf("drop printed %q", out)
	}
	s.fails(exitFailed, "Database 'compass' not found", "drop", "compass", "--yes")
	s.fails(exitFailed, "Database 'compass' not found", "search", "compass", "1", "2")
}

func TestImportSaysWhatWasReplaced(t *testing.T) {
	s := newShell(t)
	rows := s.file("rows.jsonl", `{"embedding":[1,0],"key":"a","text":"first"}
{"embedding":[0,1],"key":"b"}
{"embedding":[1,1],"key":"a","text":"last"}
`)
	for _, batch := range []string{"1", "2", "1000"} {
		if out := s.ok("import", "d"+batch, rows, "--batch", batch); out != "rows.jsonl: 3 rows stored in 2 chunks: 1 took the place of an earlier row with the same key\n" {
			t.Errorf("import in batches of %s printed %q", batch, out)
		}
		if out := s.ok("get", "d"+batch, "--key", "a"); !strings.Contains(out, `"chunk_id":1,"key":"a","text":"last"`) {
			t.Errorf("batches of %s: the chunk is %s; want the last row in the first chunk", batch, out)
		}
	}
}

func TestRebuild(t *testing.T) {
	s := newShell(t)
	s.ok("import", "words", s.file("words.jsonl", `{"embedding":[1,2],"text":"a"}`+"\n"))
	if out := s.ok("rebuild", "words"); !strings.HasPrefix(out, `index of "words" rebuilt in `) {
		t.Errorf("rebuild printed %q", out)
	}
	s.fails(exitFailed, "Database 'none' not found", "rebuild", "none")
	s.fails(exitUsage, "--server", "jobs")
	s.fails(exitUsage, "cancel", "jobs", "stop", "1", "--server", "http://127.0.0.1:1")
}

func TestABadLine(t *testing.T) {
	s := newShell(t)
	var lines strings.Builder
	for i := range 25 {
		fmt.Fprintf(&lines, `{"embedding":[%d,1]}`+"\n", i)
	}
	bad := s.file("bad.jsonl", lines.String()+"{\n")
	s.fails(exitFailed, "bad.jsonl: row 26: unexpected EOF; rows up to 20 are stored, later ones are not", "import", "d", bad, "--batch", "10")
	s.file("bad.jsonl", lines.String())
	code, out, errOut := s.run("import", "d", bad, "--batch", "10")
	if code != exitOK || !strings.Contains(errOut, "the file has changed since an earlier import was stopped") {
		t.Errorf("import of the mended file = %d, %q, stderr %q; want a note about the change", code, out, errOut)
	}
	if out := s.ok("databases", "--json"); !strings.Contains(out, `"chunks":25,`) {
		t.Errorf("databases = %s; want 25 chunks", out)
	}
	wide := s.file("wide.jsonl", `{"embedding":[1,2]}`+"\n"+`{"embedding":[1,2,3]}`+"\n")
	s.fails(exitFailed, "wide.jsonl: row 2: ", "import", "d", wide)
	s.fails(exitFailed, "expected 2, got 3", "import", "d", wide)
	s.fails(exitFailed, "nothing was stored", "import", "d", wide)
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	s := newShell(t)
	words := s.file("words.jsonl", threeWords)
	s.fails(exitUsage, `unknown command "serch", did you mean search or serve? (see memista --help)`, "serch")
	s.fails(exitUsage, `unknown command "xyzzy" (see memista --help)`, "xyzzy")
	s.fails(exitUsage, `'0' in -0.5 (a vector with a number below zero goes after --)`, "insert", "d", "-0.5", "1")
	s.fails(exitUsage, `'.' in -.5 (a vector with a number below zero goes after --)`, "search", "d", "1", "-.5")
	s.fails(exitUsage, "unknown flag: --prot", "--prot", "1")
	s.fails(exitUsage, `"http" is not a whole number`, "serve", "--server-port", "http")
	s.fails(exitUsage, "accepts 2 arg(s), received 1", "import", "d")
	s.fails(exitUsage, "--batch must be at least 1", "import", "d", words, "--batch", "0")
	s.fails(exitUsage, `unknown metric "manhattan"`, "import", "d", words, "--metric", "manhattan")
	s.fails(exitUsage, "database_id may contain only", "import", "a/b", words)
	s.fails(exitUsage, "give a vector, --like, --key or --text", "search", "d")
	s.fails(exitUsage, "give one of a vector, --like and --key", "search", "d", "1", "--like", "1")
	s.fails(exitUsage, `"one" is not a number`, "search", "d", "one")
	s.fails(exitUsage, "address of the server", "databases", "--server", "localhost:8083")
	s.fails(exitFailed, "there is no data file", "databases")
	s.fails(exitFailed, "connection refused (is the server running?", "databases", "--server", "http://127.0.0.1:1")
	s.fails(exitFailed, "server_port: must be between", "serve", "--server-port", "70000")
	s.fails(exitFailed, "--insecure", "serve", "--server-host", "0.0.0.0")
	t.Setenv("MEMISTA_PROT", "1")
	s.fails(exitFailed, "unknown variable MEMISTA_PROT", "serve")
	if files, _ := filepath.Glob(filepath.Dir(os.Getenv("DATABASE_PATH"))); len(files) > 0 {
		t.Error("one of them made the data directory")
	}
}

func TestVersion(t *testing.T) {
	s := newShell(t)
	var v buildInfo
	if err := json.Unmarshal([]byte(s.ok("version", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version == "" || v.Commit == "" || v.SIMD == "" || v.SQLiteDriver == "" || !strings.HasPrefix(v.SQLiteVersion, "3.") || len(v.Engines) == 0 {
		t.Errorf("version = %+v; want every field", v)
	}
	if out := s.ok("version"); !strings.HasPrefix(out, "memista ") || !strings.Contains(out, "SIMD     "+v.SIMD) {
		t.Errorf("version printed %q", out)
	}
}
