package chunks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestNamedVectors(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		ok := func(args ...string) string { return s.OK(append(args, where...)...) }
		ok("create", "w", "--metric", "ip", "--vector", "title:2:l2", "--vector", "a:b:3")
		dir := t.TempDir()
		file := filepath.Join(dir, "rows.jsonl")
		rows := `{"key":"k1","text":"one","embedding":[1,0],"vectors":{"a:b":[1,2,3],"title":[0,0]}}
{"key":"k2","text":"two","embedding":[0,1],"vectors":{"title":[3,0]}}
{"key":"k3","text":"three","embedding":[0,1]}
`
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		ok("import", "w", file)
		if got, want := ok("search", "w", "--using", "title", "2", "0"), "0.500000\t2\ttwo\n0.200000\t1\tone\n"; got != want {
			t.Errorf("search --using printed %q; want %q", got, want)
		}
		if got, want := ok("search", "w", "--using", "title", "--like", "1"), "0.100000\t2\ttwo\n"; got != want {
			t.Errorf("search --using --like printed %q; want %q", got, want)
		}
		if got := ok("get", "w", "1", "--embedding"); !strings.Contains(got, `"vectors":{"a:b":[1,2,3],"title":[0,0]}`) {
			t.Errorf("get --embedding printed %s; want the vectors", got)
		}
		if got := ok("list", "w"); strings.Contains(got, "vectors") {
			t.Errorf("list printed %s; want no vectors", got)
		}
		copied := ok("export", "w")
		if diff := cmp.Diff(rows, copied); diff != "" {
			t.Errorf("export (-want +got):\n%s", diff)
		}
		if err := os.WriteFile(file, []byte(copied), 0o600); err != nil {
			t.Fatal(err)
		}
		ok("import", "v", file, "--metric", "ip", "--named", "title:2:l2", "--named", "a:b:3")
		if diff := cmp.Diff(rows, ok("export", "v")); diff != "" {
			t.Errorf("export of the import (-want +got):\n%s", diff)
		}
		if got := ok("export", "w", "--format", "qdrant"); !strings.Contains(got, `{"":[1,0],"a:b":[1,2,3],"title":[0,0]}`) {
			t.Errorf("export for Qdrant printed %s", got)
		}
		s.Fails(cli.Usage, "--using is for a search", append([]string{"search", "w", "--using", "title", "--text", "x"}, where...)...)
		for _, bad := range []string{"title", "title:x", "title:0", ":2", "title:2:far"} {
			s.Fails(cli.Usage, "vector", append([]string{"create", "x", "--vector", bad}, where...)...)
		}
	})
}
