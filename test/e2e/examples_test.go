//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// example is a program of docs/examples/rag.
type example struct {
	name string
	ask  func(folder, question string) *exec.Cmd
}

// TestExamples runs the programs in all languages that are there: they find the same, and
// a second run follows what has changed in the folder.
func TestExamples(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			if e.ask == nil {
				t.Skip("it is not installed")
			}
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS("../../docs/examples/rag/texts")); err != nil {
				t.Fatal(err)
			}
			ask := func(question string) string {
				out, err := e.ask(folder, question).CombinedOutput()
				if err != nil {
					t.Fatalf("%q: %v\n%s", question, err, out)
				}
				return string(out)
			}
			const rises = "How long does dough take to rise?"
			if got, want := ask(rises), answer(t, "dough.txt"); got != want {
				t.Errorf("the program printed\n%s\nwant\n%s", got, want)
			}
			if got := ask("When are spring tides?"); !strings.Contains(strings.SplitN(got, "\n\n", 3)[1], "[tides.txt/2,") {
				t.Errorf("the nearest passage is another one:\n%s", got)
			}
			if err := os.WriteFile(filepath.Join(folder, "bread.txt"), []byte("Dough rests.\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(folder, "tides.txt")); err != nil {
				t.Fatal(err)
			}
			got := ask("bread dough, tides and the moon")
			if strings.Contains(got, "tides.txt") || strings.Contains(got, "[bread.txt/2") || !strings.Contains(got, "] Dough rests.") {
				t.Errorf("what has gone from the folder is still found:\n%s", got)
			}
		})
	}
}

// examples are the programs in all languages, each with a file or a server of its own.
func examples(t *testing.T) []example {
	t.Helper()
	library := filepath.Join(t.TempDir(), "rag")
	build := exec.Command("go", "build", "-o", library, "../../docs/examples/rag")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "rag.db")
	found := []example{{"go", func(folder, question string) *exec.Cmd {
		return exec.Command(library, "-db", file, folder, question)
	}}}
	for _, e := range []struct{ name, tool, program string }{
		{"python", "python3", "rag.py"},
		{"javascript", "node", "rag.mjs"},
	} {
		tool, err := exec.LookPath(e.tool)
		if err != nil {
			found = append(found, example{name: e.name})
			continue
		}
		s := serve(t, t.TempDir(), nil)
		found = append(found, example{e.name, func(folder, question string) *exec.Cmd {
			cmd := exec.Command(tool, filepath.Join("../../docs/examples/rag", e.program), folder, question)
			cmd.Env = append(os.Environ(), "MEMISTA_SERVER="+s.URL, "MEMISTA_API_KEY=")
			return cmd
		}})
	}
	return found
}

// answer is what all programs print to the question about dough.
func answer(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
