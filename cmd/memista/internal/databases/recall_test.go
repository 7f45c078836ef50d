package databases_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestRecall(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		s.OK(with("import", "rows", clitest.Vectors(t, 9000), "--metric", "l2")...)
		out := s.OK(with("recall", "rows", "--ef", "10,64", "--target", "0.9", "--queries", "200", "--max-time", "1m")...)
		for _, want := range []string{"RECALL@10", "\nnow ", "\n10 ", "\n64 ", "200 queries over 9000 vectors in ", " reaches 0.9: 0.9"} {
			if !strings.Contains(out, want) {
				t.Errorf("recall printed\n%s\nwant %q", out, want)
			}
		}
		if strings.Contains(out, "no time") {
			t.Errorf("recall printed\n%s\nwant all of it", out)
		}
		out = s.OK(with("recall", "rows", "--ef", "10", "--target", "1", "--queries", "5000", "--max-time", "1ms")...)
		if !strings.Contains(out, "--max-time gives more") {
			t.Errorf("recall in 1 ms printed\n%s", out)
		}
		s.OK(with("create", "few")...)
		s.Fails(cli.Failed, "no two chunks", with("recall", "few")...)
		s.Fails(cli.Failed, "target must be above 0", with("recall", "rows", "--target", "2")...)
		s.OK(with("create", "kept", "--target-recall", "0.95")...)
		s.OK(with("alter", "rows", "--target-recall", "0.9")...)
		for _, id := range []string{"kept", "rows"} {
			if out := s.OK(with("stats", id)...); !strings.Contains(out, "recall    target 0.9") {
				t.Errorf("stats of %s printed\n%s", id, out)
			}
		}
		s.Fails(cli.Failed, "target_recall must be between 0.5 and 0.999", with("create", "bad", "--target-recall", "0.2")...)
		s.OK(with("insert", "few", "--text", "a", "1", "0")...)
		s.OK(with("insert", "few", "--text", "b", "1", "1")...)
		if out := s.OK(with("recall", "few", "--target", "0.9")...); !strings.Contains(out, "now  1.0000 ") || !strings.Contains(out, "all vectors are compared") {
			t.Errorf("recall of two chunks printed\n%s", out)
		}
	})
}
