package databases_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestPagesOfDatabases(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		for _, id := range []string{"a-1", "a-2", "b"} {
			s.OK(with("create", id)...)
		}
		code, out, errOut := s.Run(with("databases", "--prefix", "a-", "--limit", "1")...)
		if code != cli.OK || strings.Count(out, "\n") != 2 || !strings.Contains(out, "a-1 ") || !strings.Contains(errOut, "--after a-1 prints the next ones") {
			t.Errorf("the first page: %d, %q, stderr %q", code, out, errOut)
		}
		code, out, errOut = s.Run(with("databases", "--prefix", "a-", "--limit", "1", "--after", "a-1")...)
		if code != cli.OK || !strings.Contains(out, "a-2 ") || errOut != "" {
			t.Errorf("the last page: %d, %q, stderr %q", code, out, errOut)
		}
		if out := s.OK(with("databases")...); strings.Count(out, "\n") != 4 {
			t.Errorf("all: %q", out)
		}
	})
}
