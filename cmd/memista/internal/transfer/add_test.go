package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
)

// desk returns a shell with a model that settings name, and the file a.md.
func desk(t *testing.T) (s *clitest.Shell, embedder string) {
	t.Helper()
	s = clitest.New(t)
	model := statictest.New().Write(t)
	t.Setenv("MEMISTA_MODELS", filepath.Dir(model))
	s.File("a.md", "river house\n")
	return s, "static/" + filepath.Base(model)
}

func TestAnAddThatFailsLeavesNoFile(t *testing.T) {
	s, embedder := desk(t)
	dir := filepath.Dir(os.Getenv("DATABASE_PATH"))
	s.Fails(cli.Failed, "there is no static model \"none\"", "add", "d", "a.md", "--embedder", "static/none")
	s.Fails(cli.Failed, "looked for in "+os.Getenv("MEMISTA_MODELS")+"; `memista model pull`", "add", "d", "a.md", "--embedder", "static/none")
	s.Fails(cli.Failed, "MEMISTA_OPENAI_URL", "add", "d", "a.md", "--embedder", "openai/words")
	s.Fails(cli.Failed, "there is no embedder \"openai\"", "add", "d", "a.md", "--embedder", "openai/words")
	s.Fails(cli.Failed, "--embedder or MEMISTA_EMBEDDER", "add", "d", "a.md")
	s.Fails(cli.Failed, "no such file", "add", "d", "b.md", "--embedder", embedder)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("Stat = %v; want that the directory of the data file was not made", err)
	}
	if out := s.OK("add", "d", "a.md", "--embedder", embedder); out != "1 passages of 1 files: 1 embedded, 0 moved, 0 unchanged, 0 deleted\n" {
		t.Errorf("add printed %q", out)
	}
	s.OK("add", "d", "a.md", "--embedder", embedder)
	s.Fails(cli.Failed, "in "+os.Getenv("DATABASE_PATH")+": `memista add` makes a database", "ask", "notes", "river")
	if code, out, errOut := s.Run("ask", "d", "river", "--filter", `{"x":1}`); code != cli.OK || out != "" || errOut != "no passages\n" {
		t.Errorf("ask = %d, %q, %q; want that it says that there are none", code, out, errOut)
	}
	s.OK("create", "bare")
	s.Fails(cli.Failed, "one that is there from `memista re-embed`", "ask", "bare", "river")
	s.Fails(cli.Failed, "SOURCE is glove, an https address", "model", "pull", "glov")
	s.Fails(cli.Failed, "`memista re-embed DATABASE --embedder", "add", "d", "a.md", "--embedder", "openai/words")
}
