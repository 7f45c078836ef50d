package chunks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestSparseVectors(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		ok := func(args ...string) string { return s.OK(append(args, where...)...) }
		ok("create", "w", "--metric", "ip", "--sparse", "bm25=idf", "--sparse", "plain")
		file := filepath.Join(t.TempDir(), "rows.jsonl")
		rows := `{"embedding":[1,0],"text":"one","sparse":{"plain":{"indices":[7,2],"values":[1,0.5]}}}
{"embedding":[0,1],"text":"two","sparse":{"plain":{"indices":[7],"values":[3]},"bm25":{"indices":[4294967295],"values":[1]}}}
{"embedding":[0,1],"text":"three"}
`
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		ok("import", "w", file)
		const query = `{"name":"plain","indices":[7],"values":[1]}`
		if got, want := ok("search", "w", "--sparse", query), "3.000000\t2\ttwo\n1.000000\t1\tone\n"; got != want {
			t.Errorf("search --sparse printed %q; want %q", got, want)
		}
		if got := ok("search", "w", "--sparse", query, "--sparse-weight", "9", "-k", "1", "--explain", "1", "0"); !strings.Contains(got, "two") ||
			!strings.Contains(got, "sparse   plain with 1 entries, 2 entries of chunks, 2 matches taken") || !strings.Contains(got, "fusion   rrf, vector 1, text 1, sparse 9") ||
			!strings.Contains(got, "1 in the list by sparse vector, score 3") {
			t.Errorf("search with both printed %q", got)
		}
		listed := ok("list", "w", "--embedding")
		lines := strings.Split(strings.TrimSpace(listed), "\n")
		var first struct{ Sparse any }
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"plain": map[string]any{"indices": []any{2.0, 7.0}, "values": []any{0.5, 1.0}}}
		if diff := cmp.Diff(any(want), first.Sparse); diff != "" {
			t.Errorf("list --embedding (-want +got):\n%s", diff)
		}
		if got := ok("list", "w"); strings.Contains(got, "sparse") {
			t.Errorf("list printed %s; want no vectors", got)
		}
		exported := filepath.Join(t.TempDir(), "exported.jsonl")
		if err := os.WriteFile(exported, []byte(ok("export", "w")), 0o600); err != nil {
			t.Fatal(err)
		}
		ok("import", "again", exported, "--metric", "ip", "--sparse", "bm25=idf", "--sparse", "plain")
		if got, want := ok("search", "again", "--sparse", query), "3.000000\t2\ttwo\n1.000000\t1\tone\n"; got != want {
			t.Errorf("search --sparse after export and import printed %q; want %q", got, want)
		}
		ok("alter", "w", "--sparse", "bm25", "--sparse", "plain=idf", "--sparse", "more")
		s.Fails(cli.Failed, "cannot be taken out of the settings", append([]string{"alter", "w", "--sparse", "bm25"}, where...)...)
		s.Fails(cli.Failed, `unknown sparse vector "other"`, append([]string{"search", "w", "--sparse", `{"name":"other","indices":[],"values":[]}`}, where...)...)
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "--sparse must be a JSON object such as", "search", "w", "--sparse", "7")
	s.Fails(cli.Usage, "has the index 7 twice", "search", "w", "--sparse", `{"name":"a","indices":[7,7],"values":[1,1]}`)
	s.Fails(cli.Usage, "unknown modifier", "create", "w", "--sparse", "a=tf")
	s.Fails(cli.Usage, "cannot be empty", "create", "w", "--sparse", "=idf")
}

func TestRowsWithBadSparseVectors(t *testing.T) {
	for row, want := range map[string]string{
		`{"a":{"indices":[1]}}`:                    "indices and values must be there",
		`{"a":{"indices":[1,1],"values":[1,1]}}`:   "has the index 1 twice",
		`{"a":{"indices":[-1],"values":[1]}}`:      "sparse: ",
		`{"a":{"indices":[1],"values":[1e99]}}`:    "sparse",
		`{"a":{"indices":[1],"values":[1],"x":1}}`: "sparse: ",
		`{"a":{"indices":[],"values":[]},"a":{}}`:  "sparse: ",
		`[]`: "sparse: ",
	} {
		s := clitest.New(t)
		s.In = `{"embedding":[1],"sparse":` + row + "}\n"
		s.Fails(cli.Failed, want, "insert", "w")
	}
}
