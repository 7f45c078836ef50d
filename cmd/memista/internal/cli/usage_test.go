package cli_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/internal/app/config"
)

func TestHelpShowsTheFrequentSettings(t *testing.T) {
	s := clitest.New(t)
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"help", "serve"}} {
		out := s.OK(args...)
		for _, want := range []string{"-h, --help", "--server-port", "--database-path", `"memista help settings" lists the other`} {
			if !strings.Contains(out, want) {
				t.Errorf("%v lacks %q:\n%s", args, want, out)
			}
		}
		for _, unwanted := range []string{"--help[=true|false]", "--max-filter", "--header-timeout"} {
			if strings.Contains(out, unwanted) {
				t.Errorf("%v has %q", args, unwanted)
			}
		}
		if n := strings.Count(out, "\n"); n > 60 {
			t.Errorf("%v prints %d lines; want at most 60", args, n)
		}
	}
	if out := s.OK("search", "--help"); !strings.Contains(out, "memista search my_app --like 17") || !strings.Contains(out, "--min-score") || !strings.Contains(out, "--server string") {
		t.Errorf("search --help lacks its examples or flags:\n%s", out)
	}
}

func TestHelpSettingsListsAllByGroups(t *testing.T) {
	out := clitest.New(t).OK("help", "settings")
	for _, g := range config.Groups() {
		if !strings.Contains(out, "\n"+g.Name+":\n") {
			t.Errorf("the group %s is missing", g.Name)
		}
		for _, setting := range g.Settings {
			if has := strings.Contains(out, "--"+setting.Flag()+" "); has == setting.Secret() {
				t.Errorf("--%s shown: %v; want %v", setting.Flag(), has, !setting.Secret())
			}
		}
	}
}

func TestVersionFlag(t *testing.T) {
	if out := clitest.New(t).OK("--version"); out != "memista "+clitest.Build.Version+"\n" {
		t.Errorf("--version printed %q", out)
	}
}

func TestServerFromTheEnvironment(t *testing.T) {
	s := clitest.New(t)
	t.Setenv("MEMISTA_SERVER", "http://127.0.0.1:1")
	s.Fails(cli.Failed, "127.0.0.1:1", "databases")
	s.Fails(cli.Failed, "127.0.0.1:2", "databases", "--server", "http://127.0.0.1:2")
	t.Setenv("MEMISTA_SERVER", "")
	s.File(".env", "MEMISTA_SERVER=http://127.0.0.1:3\n")
	s.Fails(cli.Failed, "127.0.0.1:3", "count", "d")
}
