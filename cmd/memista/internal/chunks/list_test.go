package chunks_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestListSaysThatThereIsMore(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "compass", s.File("words.jsonl", clitest.ThreeWords))
	ids := func(out string) string {
		var b strings.Builder
		for line := range strings.Lines(out) {
			b.WriteByte(line[len(`{"chunk_id":`)])
		}
		return b.String()
	}
	for _, tt := range []struct {
		args []string
		ids  string
		more bool
	}{
		{[]string{"--limit", "2"}, "12", true},
		{[]string{"--limit", "3"}, "123", false},
		{[]string{"--limit", "1", "--after", "2"}, "3", false},
		{[]string{"--limit", "1", "--filter", `{"a":1}`}, "1", false},
		{[]string{"--all"}, "123", false},
		{[]string{"--skip", "2"}, "3", false},
		{[]string{"--by-key", "--limit", "2"}, "21", true},
		{[]string{"--by-key", "--all"}, "213", false},
		{nil, "123", false},
	} {
		code, out, errOut := s.Run(append([]string{"list", "compass"}, tt.args...)...)
		if code != cli.OK || ids(out) != tt.ids || strings.Contains(errOut, "more chunks follow") != tt.more {
			t.Errorf("list %v = %d, chunks %s, stderr %q; want %s, and more said: %v", tt.args, code, ids(out), errOut, tt.ids, tt.more)
		}
	}
	s.OK("patch", "compass", "1", "--metadata", `{"n":5}`)
	s.OK("patch", "compass", "2", "--metadata", `{"n":-5}`)
	s.OK("patch", "compass", "3", "--metadata", `{"n":"it's"}`)
	for _, tt := range []struct {
		args  []string
		ids   string
		where string
	}{
		{[]string{"--limit", "1"}, "2", "--after 2 --from '-5'"},
		{[]string{"--after", "2", "--from", "-5"}, "13", ""},
		{[]string{"--descending", "--limit", "1"}, "3", `--after 3 --from '"it'\''s"'`},
		{[]string{"--descending", "--from", "it's", "--after", "3"}, "12", ""},
		{[]string{"--all"}, "213", ""},
		{[]string{"--from", "0", "--limit", "2"}, "13", ""},
	} {
		code, out, errOut := s.Run(append([]string{"list", "compass", "--sort", "n"}, tt.args...)...)
		if code != cli.OK || ids(out) != tt.ids || !strings.Contains(errOut, tt.where) || (errOut == "") != (tt.where == "") {
			t.Errorf("list --sort n %v = %d, chunks %s, stderr %q; want %s, %s", tt.args, code, ids(out), errOut, tt.ids, tt.where)
		}
	}
	s.Fails(cli.Usage, "either --sort or --by-key", "list", "compass", "--sort", "n", "--by-key")
	s.Fails(cli.Usage, "--descending needs --sort", "list", "compass", "--descending")
	s.Fails(cli.Usage, "--from needs --by-key or --sort", "list", "compass", "--from", "a")
	s.Fails(cli.Usage, "--after needs --from", "list", "compass", "--sort", "n", "--after", "1")
	if out := s.OK("list", "compass", "--limit", "3"); strings.Contains(out, "embedding") {
		t.Errorf("list printed %s; want no embeddings", out)
	}
	if out := s.OK("list", "compass", "--all", "--embedding"); strings.Count(out, `"embedding":[`) != 3 {
		t.Errorf("list --embedding printed %s; want three embeddings", out)
	}
	s.Fails(cli.Usage, "either --limit or --all", "list", "compass", "--all", "--limit", "2")
}
