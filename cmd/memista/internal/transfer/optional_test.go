package transfer_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// TestRowsWithoutEmbedding stores, lists and imports again what has no embedding.
func TestRowsWithoutEmbedding(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		rows := s.File("rows.jsonl", `{"embedding":[1,0],"key":"a"}
{"key":"b","text":"none"}
{"embedding":null,"key":"c"}
{"embedding":[0,0],"key":"d"}
`)
		s.Fails(cli.Failed, "row 2: embedding is missing or empty", with("import", "needs", rows)...)
		s.OK(with("import", "d", rows, "--optional-embeddings")...)
		if out := s.OK(with("count", "d")...); out != "4\n" {
			t.Errorf("count printed %q; want 4", out)
		}
		if out := s.OK(with("search", "d", "1", "0", "-k9")...); strings.Count(out, "\n") != 1 {
			t.Errorf("search printed %q; want one", out)
		}
		s.In = `{"key":"e","text":"more"}` + "\n"
		s.OK(with("insert", "d")...)
		s.Fails(cli.Failed, "line 1: embedding is missing or empty", with("insert", "new")...)
		s.OK(with("create", "later", "--dims", "2")...)
		s.Fails(cli.Failed, "line 1: embedding is missing or empty", with("insert", "later")...)
		s.OK(with("alter", "later", "--optional-embeddings")...)
		s.OK(with("insert", "later")...)
		s.OK(with("create", "made", "--optional-embeddings")...)
		s.OK(with("insert", "made")...)
		if out := s.OK(with("get", "d", "--key", "b")...); !strings.Contains(out, `"text":"none"`) {
			t.Errorf("get printed %q", out)
		}
	})
}
