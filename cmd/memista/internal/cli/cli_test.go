package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestImportSearchListDrop(t *testing.T) {
	s := clitest.New(t)
	words := s.File("words.jsonl", clitest.ThreeWords)
	if out := s.OK("import", "compass", words, "--metric", "cosine"); out != "words.jsonl: 3 rows stored\n" {
		t.Errorf("import printed %q", out)
	}
	if out := s.OK("search", "compass", "-k", "2", "0.9", "0.1"); out != "0.993884\t1\teast\n0.110432\t2\tnorth\n" {
		t.Errorf("search printed %q", out)
	}
	for _, args := range [][]string{
		{"search", "compass", "-k1", "--", "-1", "0.1"},
		{"search", "compass", "-k1", "[-1, 0.1]"},
		{"search", "compass", "-k1", "--exact", "--", "-1,0.1"},
	} {
		if out := s.OK(args...); !strings.HasSuffix(out, "\t3\twest\n") || strings.Count(out, "\n") != 1 {
			t.Errorf("%v printed %q; want west", args, out)
		}
	}
	s.In = "-1\n0.1\n"
	if out := s.OK("search", "compass", "-k1", "--json", "-"); !strings.HasPrefix(out, `{"chunk_id":3,"key":"words.jsonl:3","text":"west","metadata":"x","score":0.99`) {
		t.Errorf("search --json printed %q", out)
	}
	if out := s.OK("search", "compass", "--like", "2", "-k2"); strings.Contains(out, "north") || strings.Count(out, "\n") != 2 {
		t.Errorf("search --like 2 printed %q; want the two others", out)
	}
	if out := s.OK("import", "compass", words); out != "words.jsonl: 3 rows stored\n" {
		t.Errorf("second import printed %q", out)
	}
	var d struct {
		ID, Metric         string
		Chunks, Dimensions int
	}
	if err := json.Unmarshal([]byte(s.OK("databases", "--json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID != "compass" || d.Chunks != 3 || d.Dimensions != 2 || d.Metric != "cosine" {
		t.Errorf("databases = %+v; want compass with 3 chunks: a second import replaces", d)
	}
	if out := s.OK("databases"); !strings.Contains(out, "compass   3       2           cosine  24 B") {
		t.Errorf("databases printed %q", out)
	}

	s.In = "no\n"
	s.Fails(cli.Usage, "nothing was dropped", "drop", "compass")
	s.In = "yes\n"
	if out := s.OK("drop", "compass"); out != "database \"compass\" dropped\n" {
		t.Errorf("drop printed %q", out)
	}
	s.Fails(cli.Failed, "Database 'compass' not found", "drop", "compass", "--yes")
	s.Fails(cli.Failed, "Database 'compass' not found", "search", "compass", "1", "2")
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	s := clitest.New(t)
	words := s.File("words.jsonl", clitest.ThreeWords)
	s.Fails(cli.Usage, `unknown command "serch", did you mean search or serve? (see memista --help)`, "serch")
	s.Fails(cli.Usage, `unknown command "xyzzy" (see memista --help)`, "xyzzy")
	s.Fails(cli.Usage, `'0' in -0.5 (a vector with a number below zero goes after --)`, "insert", "d", "-0.5", "1")
	s.Fails(cli.Usage, `'.' in -.5 (a vector with a number below zero goes after --)`, "search", "d", "1", "-.5")
	s.Fails(cli.Usage, "unknown flag: --prot", "--prot", "1")
	s.Fails(cli.Usage, "unknown flag: --rerankk, did you mean --rerank?", "ask", "d", "x", "--rerankk", "5")
	s.Fails(cli.Usage, "unknown flag: --databse-path, did you mean --database-path?", "databases", "--databse-path", "x")
	s.Fails(cli.Usage, "flag needs an argument: --rerank (rank so many of the first hits again by the text, such as 50, ", "ask", "d", "x", "--rerank")
	s.Fails(cli.Usage, `"http" is not a whole number`, "serve", "--server-port", "http")
	s.Fails(cli.Usage, "accepts 2 arg(s), received 1", "import", "d")
	s.Fails(cli.Usage, "--batch must be at least 1", "import", "d", words, "--batch", "0")
	s.Fails(cli.Usage, `unknown metric "manhattan"`, "import", "d", words, "--metric", "manhattan")
	s.Fails(cli.Usage, "database_id may contain only", "import", "a/b", words)
	s.Fails(cli.Usage, "give a vector, --like, --key, --near, --hybrid, --text or --sparse", "search", "d")
	s.Fails(cli.Usage, "give one of a vector, --like, --key, --near and --hybrid", "search", "d", "1", "--like", "1")
	s.Fails(cli.Usage, `"one" is not a number`, "search", "d", "one")
	s.Fails(cli.Usage, "address of the server", "databases", "--server", "localhost:8083")
	s.Fails(cli.Usage, `"127.0.0.1:8083": write it with http:// or https:// in front`, "databases", "--server", "127.0.0.1:8083")
	s.Fails(cli.Failed, "there is no data file", "databases")
	s.Fails(cli.Failed, "connection refused (is the server running?", "databases", "--server", "http://127.0.0.1:1")
	s.Fails(cli.Failed, "server_port: must be between", "serve", "--server-port", "70000")
	s.Fails(cli.Failed, "--insecure", "serve", "--server-host", "0.0.0.0")
	t.Setenv("MEMISTA_PROT", "1")
	s.Fails(cli.Failed, "unknown variable MEMISTA_PROT", "serve")
	t.Setenv("MEMISTA_EMBEDER", "1")
	s.Fails(cli.Failed, "unknown variable MEMISTA_EMBEDER\nunknown variable MEMISTA_PROT\nmemista: did you mean MEMISTA_EMBEDDER?", "serve")
	if files, _ := filepath.Glob(filepath.Dir(os.Getenv("DATABASE_PATH"))); len(files) > 0 {
		t.Error("one of them made the data directory")
	}
}
