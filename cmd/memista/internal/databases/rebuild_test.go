package databases_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestRebuild(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "words", s.File("words.jsonl", `{"embedding":[1,2],"text":"a"}`+"\n"))
	if out := s.OK("rebuild", "words"); !strings.HasPrefix(out, `index of "words" rebuilt in `) {
		t.Errorf("rebuild printed %q", out)
	}
	s.Fails(cli.Failed, "Database 'none' not found", "rebuild", "none")
	s.Fails(cli.Usage, "--server", "jobs")
	s.Fails(cli.Usage, "cancel", "jobs", "stop", "1", "--server", "http://127.0.0.1:1")
}
