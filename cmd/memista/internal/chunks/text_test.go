package chunks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestSearchByWords(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		file := filepath.Join(t.TempDir(), "rows.jsonl")
		rows := `{"embedding":[1,0],"text":"the cat sat"}
{"embedding":[0,1],"text":"a dog"}
{"embedding":[0.5,0],"text":"cat and cat"}
{"embedding":[0.1,0],"text":"blue sky"}
{"embedding":[0.2,0],"text":"stone"}
`
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		importing := append([]string{"import", "w", file, "--full-text"}, where...)
		if !clitest.Build.FullText {
			help := "make build"
			if where != nil {
				help = "build your program" // that server is one that embeds the library
			}
			s.Fails(cli.Failed, "this build has no full-text search: "+help, importing...)
			return
		}
		s.OK(importing...)
		found := func(args ...string) string {
			t.Helper()
			var texts []string
			for line := range strings.Lines(s.OK(append(append([]string{"search", "w"}, args...), where...)...)) {
				fields := strings.Split(strings.TrimSpace(line), "\t")
				texts = append(texts, fields[len(fields)-1])
			}
			return strings.Join(texts, ", ")
		}
		for _, c := range []struct {
			want string
			args []string
		}{
			{"cat and cat, the cat sat", []string{"--text", "CAT"}},
			{"the cat sat", []string{"--text", "cat sat", "--all-words"}},
			{"blue sky", []string{"--text", `"blue sky"`}},
			{"stone", []string{"--text", "sto*"}},
			{"stone, a dog", []string{"--text", "stone", "-k", "2", "0", "1"}},
		} {
			if got := found(c.args...); got != c.want {
				t.Errorf("search %q found %q; want %q", c.args, got, c.want)
			}
		}
		if got := s.OK(append([]string{"search", "w", "--text", "sky", "--json"}, where...)...); !strings.Contains(got, `"distance":null`) {
			t.Errorf("search --text --json printed %s; want a distance of null", got)
		}
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "give a vector, --like, --key, --near, --hybrid, --text or --sparse", "search", "w")
	s.Fails(cli.Usage, "--all-words is for --text", "search", "w", "1", "--all-words")
}

func TestTokenizers(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		if !clitest.Build.FullText {
			t.Skip("this build has no full text")
		}
		file := filepath.Join(t.TempDir(), "rows.jsonl")
		rows := `{"embedding":[1],"text":"running"}
{"embedding":[2],"text":"WF-M5799DWF"}
{"embedding":[3],"text":"Straße"}
`
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		for flag, found := range map[string]map[string]bool{
			"--full-text":         {"run": false, "M5799": false, "strasse": true},
			"--full-text=words":   {"run": false, "M5799": false, "strasse": true},
			"--full-text=english": {"run": true, "M5799": false, "strasse": true},
			"--full-text=trigram": {"run": true, "M5799": true, "strasse": true},
		} {
			name := strings.NewReplacer("-", "", "=", "_").Replace(flag)
			s.OK(append([]string{"create", name, flag}, where...)...)
			s.OK(append([]string{"import", name, file, flag}, where...)...)
			for text, want := range found {
				if got := s.OK(append([]string{"search", name, "--text", text}, where...)...); (got != "") != want {
					t.Errorf("search --text %s in a database made with %s printed %q; want a chunk: %v", text, flag, got, want)
				}
			}
		}
		s.Fails(cli.Failed, "exists with other settings", append([]string{"create", "fulltext", "--full-text=trigram"}, where...)...)
	})
	clitest.New(t).Fails(cli.Usage, `unknown tokenizer "porter"`, "create", "x", "--full-text=porter")
}
