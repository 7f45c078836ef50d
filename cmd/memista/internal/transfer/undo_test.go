package transfer_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// TestFailedImportLeavesNothing behind that it has made itself.
func TestFailedImportLeavesNothing(t *testing.T) {
	bad := `{"key":"a","sparse":{"none":{"indices":[1],"values":[1]}}}` + "\n"
	t.Run("data file", func(t *testing.T) {
		s := clitest.New(t)
		s.Fails(cli.Failed, `unknown sparse vector "none"`, "import", "left", s.File("sp.jsonl", bad), "--optional-embeddings")
		q := newQdrant(t, 3)
		q.broken.Store(true)
		s.Fails(cli.Failed, "nothing was stored", "import", "--from", "qdrant", q.URL+"/points")
		if out := s.OK("databases"); strings.Contains(out, "left") || strings.Contains(out, "points") {
			t.Errorf("databases printed %s; want none", out)
		}
		// What was there, and what has rows, stays.
		s.OK("create", "kept", "--optional-embeddings")
		s.Fails(cli.Failed, `unknown sparse vector "none"`, "import", "kept", "sp.jsonl", "--optional-embeddings")
		s.Fails(cli.Failed, "rows up to 1 are stored", "import", "rows", s.File("two.jsonl", `{"key":"b","text":"t"}`+"\n"+bad), "--optional-embeddings", "--batch", "1")
		if out := s.OK("databases"); !strings.Contains(out, "kept") || !strings.Contains(out, "rows") {
			t.Errorf("databases printed %s; want kept and rows", out)
		}
	})
	t.Run("server", func(t *testing.T) {
		s, o := clitest.New(t), newOther(t)
		s.Fails(cli.Failed, `the database "left" was made, and is empty: memista drop left removes it`, "import", "left", s.File("sp.jsonl", bad), "--optional-embeddings", "--server", o.URL)
	})
}
