package transfer_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/server"
)

func TestBackupAndRestore(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "compass", s.File("words.jsonl", clitest.ThreeWords))
	before := s.OK("search", "compass", "0.9", "0.1")
	if out := s.OK("backup", "monday.db"); !strings.HasPrefix(out, "monday.db: ") || !strings.HasSuffix(out, " bytes\n") {
		t.Errorf("backup printed %q", out)
	}
	s.Fails(cli.Failed, "monday.db exists already", "backup", "monday.db")
	s.Fails(cli.Usage, "accepts 1 arg(s), received 0", "backup")
	s.OK("drop", "compass", "--yes")
	s.Fails(cli.Failed, "exists: choose another path, move it away, or have it replaced with --force", "restore", "monday.db")
	if out := s.OK("restore", "monday.db", "--force"); !strings.HasSuffix(out, "memista.db: 1 databases with 3 chunks\n") {
		t.Errorf("restore printed %q", out)
	}
	if after := s.OK("search", "compass", "0.9", "0.1"); after != before {
		t.Errorf("search printed %q after the restore, %q before", after, before)
	}
	other := filepath.Join(t.TempDir(), "new", "memista.db")
	s.OK("restore", "monday.db", "--database-path", other)
	if after := s.OK("search", "compass", "0.9", "0.1", "--database-path", other); after != before {
		t.Errorf("search in the other file printed %q; want %q", after, before)
	}
	raw, err := os.ReadFile("monday.db")
	if err != nil {
		t.Fatal(err)
	}
	s.File("half.db", string(raw[:len(raw)/2]))
	s.Fails(cli.Failed, "try an older backup", "restore", "half.db", "--database-path", filepath.Join(t.TempDir(), "x.db"))
	s.Fails(cli.Failed, "words.jsonl is not a memista data file", "restore", "words.jsonl", "--database-path", filepath.Join(t.TempDir(), "x.db"))
}

func TestBackupOfAServer(t *testing.T) {
	s := clitest.New(t)
	db, err := memista.Open(filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	web := httptest.NewServer(server.New(db, nil))
	defer web.Close()
	s.OK("import", "compass", s.File("words.jsonl", clitest.ThreeWords), "--server", web.URL)
	s.OK("backup", "monday.db", "--server", web.URL)
	s.Fails(cli.Failed, "monday.db exists already", "backup", "monday.db", "--server", web.URL)
	s.OK("restore", "monday.db")
	if out := s.OK("databases"); !strings.Contains(out, "compass   3 ") {
		t.Errorf("databases printed %q", out)
	}
	if left, _ := filepath.Glob("*.part"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Fails(cli.Failed, "shutting down", "backup", "tuesday.db", "--server", web.URL)
	if left, _ := filepath.Glob("tuesday*"); len(left) > 0 {
		t.Errorf("left after a backup that failed: %v", left)
	}
}
