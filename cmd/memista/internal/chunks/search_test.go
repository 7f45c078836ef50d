package chunks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestSearchFlags(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		s.ImportAnimals(where)
		for args, want := range map[string]string{
			"4":                                  "3 2 1",
			"4 --offset 1 -k 1":                  "2",
			"--like 1 -k 1":                      "2",
			"--key c":                            "2 1",
			"--key c --offset 1 --exact --ef 10": "1",
			"4 --diversity 1":                    "3 1 2",
			"4 --min-score 0.09":                 "3 2",
		} {
			got := s.OK(append(append([]string{"search", "d"}, strings.Fields(args)...), where...)...)
			ids := []string{}
			for line := range strings.Lines(got) {
				ids = append(ids, strings.Split(line, "\t")[1])
			}
			if strings.Join(ids, " ") != want {
				t.Errorf("search %s found %q; want %s", args, got, want)
			}
		}
		s.Fails(cli.Failed, "diversity must be between 0 and 1", append([]string{"search", "d", "4", "--diversity", "2"}, where...)...)
		s.Fails(cli.Usage, "--diversity is for a search without", append([]string{"search", "d", "4", "--text", "x", "--diversity", "1"}, where...)...)
		s.Fails(cli.Failed, "Chunk 9 not found", append([]string{"search", "d", "--like", "9"}, where...)...)
		s.Fails(cli.Failed, "not found", append([]string{"search", "d", "--key", "none"}, where...)...)
	})
}

func TestExplain(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		s.ImportAnimals(where)
		out := s.OK(append([]string{"search", "d", "4", "--explain", "--filter", `{"n":{"$lt":3}}`}, where...)...)
		hits, explain, _ := strings.Cut(out, "\n\n")
		if strings.Count(hits, "\n") != 1 {
			t.Errorf("search --explain printed %q; want two hits before an empty line", out)
		}
		for _, part := range []string{"plan    ", "filter  2 of 3 chunks (66.67 %", "tail    3 vectors, ", "found   2 candidates, 2 hits", "time    "} {
			if !strings.Contains(explain, part) {
				t.Errorf("search --explain printed\n%s\nwant %q in it", explain, part)
			}
		}
		lines := strings.Split(strings.TrimSpace(s.OK(append([]string{"search", "d", "4", "--explain", "--json", "-k", "1"}, where...)...)), "\n")
		var last struct {
			Explain struct {
				Plan  string
				Times map[string]int64 `json:"times_us"`
				Tail  struct{ Vectors int }
			}
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 2 || last.Explain.Plan != "flat" || last.Explain.Tail.Vectors != 3 || len(last.Explain.Times) != 9 {
			t.Errorf("search --explain --json printed %q, %v; want a hit and an explanation", lines, err)
		}
	})
}

func TestFusionFlags(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		if !clitest.Build.FullText {
			t.Skip("this build has no full text")
		}
		s.ImportAnimals(where)
		first := func(flags ...string) string {
			out := s.OK(append(append([]string{"search", "d", "3", "--text", "cat", "-k1"}, flags...), where...)...)
			return strings.Split(out, "\t")[1]
		}
		if out := s.OK(append([]string{"search", "d", "3", "--text", "cat", "-k1", "--json", "--explain"}, where...)...); !strings.Contains(out, `"text":{"terms":1,"found":1,"ranks":[{"vector":`) {
			t.Errorf("search --json --explain printed %s; want the places of the hit in both lists", out)
		}
		if got := first("--fusion", "weighted", "--vector-weight", "1", "--text-weight", "0.1"); got != "3" {
			t.Errorf("with the weight on vectors chunk %s is first; want 3", got)
		}
		if got := first("--fusion", "weighted", "--vector-weight", "0.1", "--text-weight", "1"); got != "1" {
			t.Errorf("with the weight on words chunk %s is first; want 1", got)
		}
		if got := first("--vector-weight", "0"); got != "1" {
			t.Errorf("with no weight on vectors chunk %s is first; want 1", got)
		}
		if got := first("--text-weight", "0"); got != "3" {
			t.Errorf("with no weight on words chunk %s is first; want 3", got)
		}
		if got := first("--text-weight", "5", "--rank-constant", "1", "--candidates", "2"); got != "1" {
			t.Errorf("by rank with a weight on words chunk %s is first; want 1", got)
		}
		out := s.OK(append([]string{"search", "d", "3", "--text", "cat", "-k2", "--explain"}, where...)...)
		for _, part := range []string{"text     1 words or phrases, 1 matches taken", "chunk 1  3 in the list by vector, score 0.1; 1 in the list by text", "not in the list by text"} {
			if !strings.Contains(out, part) {
				t.Errorf("search --text --explain printed\n%s\nwant %q in it", out, part)
			}
		}
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "are for a search with two of --text, --sparse and a vector", "search", "d", "1", "--fusion", "rrf")
	s.Fails(cli.Usage, "are for a search with two of --text, --sparse and a vector", "search", "d", "--text", "x", "--vector-weight", "1")
	s.Fails(cli.Usage, `unknown fusion method "best"`, "search", "d", "1", "--text", "x", "--fusion", "best")
	s.Fails(cli.Usage, "one of vector_weight and text_weight must be above 0", "search", "d", "1", "--text", "x", "--text-weight", "0", "--vector-weight", "0")
	s.Fails(cli.Usage, "--num-results must be at least 1", "search", "d", "1", "-k", "0")
	s.Fails(cli.Usage, "--like must be the id", "search", "d", "--like", "0")
	s.Fails(cli.Usage, "--key cannot be empty", "search", "d", "--key", "")
	s.Fails(cli.Usage, "give one of a vector, --like, --key, --near and --hybrid", "search", "d", "--key", "a", "--like", "1")
}
