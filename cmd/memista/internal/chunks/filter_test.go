package chunks_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestFilterCommands(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		run := func(args ...string) string {
			t.Helper()
			return s.OK(append(args, where...)...)
		}
		s.In = `{"embedding":[1,0],"text":"one","metadata":{"n":1}}` + "\n" + `{"embedding":[0.9,0],"text":"two","metadata":{"n":2}}` + "\n" + `{"embedding":[0.8,0],"text":"three","metadata":{"n":3}}` + "\n"
		run("insert", "d")
		if out := run("count", "d"); out != "3\n" {
			t.Errorf("count printed %q", out)
		}
		if out := run("count", "d", "--filter", `{"n":{"$gte":2}}`); out != "2\n" {
			t.Errorf("count with a filter printed %q", out)
		}
		if out := run("search", "d", "--filter", `{"n":{"$gt":1}}`, "1", "0"); strings.Contains(out, "one") || !strings.Contains(out, "two") {
			t.Errorf("search printed %q; want two and three", out)
		}
		if out := run("list", "d", "--filter", `{"n":{"$ne":2}}`, "--limit", "1", "--after", "1"); !strings.Contains(out, "three") || strings.Count(out, "\n") != 1 {
			t.Errorf("list printed %q; want three", out)
		}
		if out := run("delete", "d", "--filter", `{"n":2}`); out != "1 deleted\n" {
			t.Errorf("delete printed %q", out)
		}
		s.Fails(cli.Usage, "either ids", append([]string{"delete", "d", "1", "--filter", `{"n":2}`}, where...)...)
		s.Fails(cli.Usage, "cannot be empty", append([]string{"delete", "d", "--filter", `{}`}, where...)...)
		s.Fails(cli.Usage, "unknown operator", append([]string{"count", "d", "--filter", `{"n":{"$x":2}}`}, where...)...)
	})
}
