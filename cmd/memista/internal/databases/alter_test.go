package databases_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestAlter(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		s.ImportAnimals(where)
		with := func(args ...string) []string { return append(args, where...) }
		first := func(want string) {
			t.Helper()
			if out := s.OK(with("search", "d", "2", "-k1")...); strings.Split(out, "\t")[1] != want {
				t.Errorf("search printed %q; want chunk %s first", out, want)
			}
		}
		first("2")
		s.OK(with("alter", "d", "--ttl", "1h", "--ef-search", "50", "--metadata", `{"a":1}`)...)
		if out := s.OK(with("alter", "d", "--metric", "ip", "--ttl", "0")...); !strings.Contains(out, "altered") {
			t.Errorf("alter printed %q", out)
		}
		first("3")
		if clitest.Build.FullText {
			s.OK(with("alter", "d", "--full-text=trigram")...)
			if out := s.OK(with("search", "d", "--text", "at")...); !strings.Contains(out, "red cat") {
				t.Errorf("search --text at printed %q; want the cat", out)
			}
			s.OK(with("alter", "d", "--full-text=false")...)
			s.Fails(cli.Failed, "has no full text", with("search", "d", "--text", "at")...)
		}
		s.Fails(cli.Failed, "metric is ip and not cosine", with("create", "d", "--metric", "cosine")...)
		s.Fails(cli.Failed, "m must be between 2 and 256", with("alter", "d", "--m", "1")...)
		s.Fails(cli.Failed, "not found", with("alter", "none", "--m", "8")...)
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "give at least one setting", "alter", "d")
	s.Fails(cli.Usage, "--metric must be", "alter", "d", "--metric", "dot")
	s.Fails(cli.Usage, "--ttl must be", "alter", "d", "--ttl", "1ms")
}
