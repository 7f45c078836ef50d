package transfer_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// originalDir makes a data directory of the original memista: notes with six rows, of
// which an index file from the C library has 1, 2, 4 and 5.
func originalDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	driver := "sqlite"
	if slices.Contains(sql.Drivers(), "sqlite3") {
		driver = "sqlite3"
	}
	db, err := sql.Open(driver, filepath.Join(dir, "memista.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE chunks_notes (chunk_id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, metadata TEXT NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO chunks_notes (text, metadata) VALUES (?, ?)", fmt.Sprint("text ", i+1), `{"n": 1}`); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImportFromMemista(t *testing.T) {
	vectors, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "internal", "adapters", "importfile", "original", "testdata", "five.usearch"))
	if err != nil {
		t.Fatal(err)
	}
	dir := originalDir(t)
	sh := clitest.New(t)
	sh.Fails(cli.Failed, "notes.usearch", "import", "--from-memista", dir)
	if err := os.WriteFile(filepath.Join(dir, "notes.usearch"), vectors, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time stores nothing twice
		out := sh.OK("import", "--from-memista", dir)
		if want := "notes: 4 chunks stored, 2 rows without a vector left out\n"; out != want {
			t.Errorf("import printed %q; want %q", out, want)
		}
	}
	if out := sh.OK("databases"); !strings.Contains(out, "notes") || !strings.Contains(out, "4") {
		t.Errorf("databases printed %q; want notes with 4 chunks", out)
	}
	if out := sh.OK("search", "notes", "[1,0]"); !strings.Contains(out, "text 5") {
		t.Errorf("search printed %q; want text 5 first", out)
	}
	t.Setenv("DATABASE_PATH", filepath.Join(dir, "memista.db"))
	sh.Fails(cli.Failed, "memista import --from-memista FILE", "databases")
	t.Setenv("DATABASE_PATH", filepath.Join(dir, "other.db"))
	sh.Fails(cli.Failed, "another directory", "import", "--from-memista", dir)
	sh.Fails(cli.Usage, "", "import", "--from-memista", dir, "notes", "more")
}

// TestFilesOfOthersAreExplained names the command or the flag that helps, which the library
// does not know.
func TestFilesOfOthersAreExplained(t *testing.T) {
	sh := clitest.New(t)
	dir := originalDir(t)
	t.Setenv("DATABASE_PATH", filepath.Join(dir, "memista.db"))
	sh.Fails(cli.Failed, "memista import --from-memista", "databases")
	t.Setenv("DATABASE_PATH", sh.File("letter.txt", strings.Repeat("Dear reader, ", 200)))
	sh.Fails(cli.Failed, "--database-path", "databases")
}
