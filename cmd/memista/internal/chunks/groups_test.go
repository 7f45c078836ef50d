package chunks_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// rows are 6 lines to import, in two documents.
func rows() string {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, `{"text":"t%d","metadata":{"doc":"%c","n":%d},"embedding":[1,%d]}`+"\n", i+1, "aab"[i%3], i, i)
	}
	return b.String()
}

func TestSearchInGroups(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "d", s.File("rows.jsonl", rows()))
	out := s.OK("search", "d", "1", "0", "--group-by", "doc", "--group-size", "2")
	var lines []string
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		lines = append(lines, fields[len(fields)-1])
	}
	if got := strings.Join(lines, " "); got != `"a" t1 t2 "b" t3 t6` {
		t.Errorf("groups = %s; want both documents with their best chunks", got)
	}
	out = s.OK("search", "d", "1", "0", "--group-by", "doc", "--groups", "1", "--group-size", "1", "--json")
	if want := `{"value":"a","hits":[{"chunk_id":1,"key":"rows.jsonl:1","text":"t1","metadata":{"doc":"a","n":0},"score":`; !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 1 {
		t.Errorf("groups as JSON = %s; want %s…", out, want)
	}
	s.Fails(cli.Usage, "need --group-by", "search", "d", "1", "0", "--groups", "3")
	s.Fails(cli.Usage, "must be at least 1", "search", "d", "1", "0", "--group-by", "doc", "--groups", "0")
	s.Fails(cli.Usage, "--offset is for a search without --group-by", "search", "d", "1", "0", "--group-by", "doc", "--offset", "1")
	s.Fails(cli.Usage, "cannot be empty", "search", "d", "1", "0", "--group-by", "")
}

func TestSample(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "d", s.File("rows.jsonl", rows()))
	seen := map[string]bool{}
	out := s.OK("sample", "d", "-n", "9")
	for line := range strings.Lines(out) {
		seen[line] = true
	}
	if all := strings.Fields(s.OK("list", "d")); len(seen) != 6 || strings.Count(out, "\n") != 6 || len(all) != len(strings.Fields(out)) {
		t.Errorf("sample = %v; want all six chunks, none twice", slices.Sorted(maps.Keys(seen)))
	}
	if out := s.OK("sample", "d", "-n", "1", "--filter", `{"n":4}`, "--embedding"); !strings.Contains(out, `"text":"t5"`) || !strings.Contains(out, `"embedding":[`) {
		t.Errorf("sample of one = %s; want the chunk t5 with its embedding", out)
	}
	s.Fails(cli.Usage, "--number must be at least 1", "sample", "d", "-n", "0")
}
