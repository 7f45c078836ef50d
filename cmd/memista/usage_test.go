package main

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/config"
)

func TestHelpShowsTheFrequentSettings(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"help", "serve"}} {
		out := s.ok(args...)
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
	if out := s.ok("search", "--help"); !strings.Contains(out, "memista search my_app --like 17") || !strings.Contains(out, "--min-score") || !strings.Contains(out, "--server string") {
		t.Errorf("search --help lacks its examples or flags:\n%s", out)
	}
}

func TestHelpSettingsListsAllByGroups(t *testing.T) {
	out := newShell(t).ok("help", "settings")
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
	if out := newShell(t).ok("--version"); out != "memista "+thisBuild().Version+"\n" {
		t.Errorf("--version printed %q", out)
	}
}

func TestServerFromTheEnvironment(t *testing.T) {
	s := newShell(t)
	t.Setenv("MEMISTA_SERVER", "http://127.0.0.1:1")
	s.fails(exitFailed, "127.0.0.1:1", "databases")
	s.fails(exitFailed, "127.0.0.1:2", "databases", "--server", "http://127.0.0.1:2")
	t.Setenv("MEMISTA_SERVER", "")
	s.file(".env", "MEMISTA_SERVER=http://127.0.0.1:3\n")
	s.fails(exitFailed, "127.0.0.1:3", "count", "d")
}

func TestListSaysThatThereIsMore(t *testing.T) {
	s := newShell(t)
	s.ok("import", "compass", s.file("words.jsonl", threeWords))
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
		{nil, "123", false},
	} {
		code, out, errOut := s.run(append([]string{"list", "compass"}, tt.args...)...)
		if code != exitOK || ids(out) != tt.ids || strings.Contains(errOut, "more chunks follow") != tt.more {
			t.Errorf("list %v = %d, chunks %s, stderr %q; want %s, and more said: %v", tt.args, code, ids(out), errOut, tt.ids, tt.more)
		}
	}
	if out := s.ok("list", "compass", "--limit", "3"); strings.Contains(out, "embedding") {
		t.Errorf("list printed %s; want no embeddings", out)
	}
	if out := s.ok("list", "compass", "--all", "--embedding"); strings.Count(out, `"embedding":[`) != 3 {
		t.Errorf("list --embedding printed %s; want three embeddings", out)
	}
	s.fails(exitUsage, "either --limit or --all", "list", "compass", "--all", "--limit", "2")
}
