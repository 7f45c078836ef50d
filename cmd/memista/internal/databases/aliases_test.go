package databases_test

import (
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestAliases(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		s.ImportAnimals(where)
		with := func(args ...string) []string { return append(args, where...) }
		s.OK(with("aliases", "now=d", "a=b=d", "x=d", "x=")...)
		if out, want := s.OK(with("aliases")...), "ALIAS  DATABASE\na=b    d\nnow    d\n"; out != want {
			t.Errorf("aliases printed %q; want %q", out, want)
		}
		if out, want := s.OK(with("count", "now")...), s.OK(with("count", "d")...); out != want {
			t.Errorf("count by the alias printed %q; want %q", out, want)
		}
		s.Fails(cli.Failed, "Database 'none' not found", with("aliases", "now=none")...)
		s.Fails(cli.Failed, "is the name of a database", with("aliases", "d=d")...)
		s.Fails(cli.Failed, "is an alias of Database 'd'", with("drop", "now", "--yes")...)
		s.Fails(cli.Failed, "is an alias", with("create", "now")...)
		s.OK(with("drop", "d", "--yes")...)
		if out, want := s.OK(with("aliases")...), "ALIAS  DATABASE\n"; out != want {
			t.Errorf("aliases after the drop printed %q; want %q", out, want)
		}
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "ALIAS=DATABASE", "aliases", "now")
	s.Fails(cli.Usage, "ALIAS=DATABASE", "aliases", "=d")
}
