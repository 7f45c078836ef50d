package transfer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestImportMakesTheIndexWhole(t *testing.T) {
	s := clitest.New(t)
	const n = 7000
	file := clitest.Vectors(t, n)
	if out := s.OK("import", "rows", file); !strings.HasSuffix(out, fmt.Sprintf("rows.jsonl: %d rows stored\n", n)) {
		t.Errorf("import printed %q", out)
	}
	query := "[" + strings.Repeat("0.1,", 23) + "0.1]"
	out := s.OK("search", "rows", query, "--explain")
	if !strings.Contains(out, "a walk over the graph") || !strings.Contains(out, fmt.Sprintf("graph  %d vectors", n)) || strings.Contains(out, "\ntail ") {
		t.Errorf("search --explain after the import printed\n%s\nwant the whole index, and nothing beside it", out)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(os.Getenv("DATABASE_PATH")), "rows.*")) // by the engine of this build
	if err != nil || len(files) != 1 {
		t.Fatalf("index files: %v, %v; want one", files, err)
	}
	path := files[0]
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s.OK("search", "rows", query)
	s.OK("insert", "rows", "["+strings.Repeat("0.2,", 23)+"0.2]")
	if after, err := os.Stat(path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a search and a small insert have written the index file again: %v, %v", after, err)
	}
}

func TestImportWithoutIndex(t *testing.T) {
	s := clitest.New(t)
	file := clitest.Vectors(t, 6000)
	s.OK("import", "rows", file, "--no-index")
	query := "[" + strings.Repeat("0.1,", 23) + "0.1]"
	if out := s.OK("search", "rows", query, "-k", "3"); strings.Count(out, "\n") != 3 {
		t.Errorf("search printed %q; want three hits", out)
	}
}
