package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectors writes a file of n rows of 24 components, for which a graph pays from 5,020 on.
func vectors(t *testing.T, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		b.WriteString(`{"embedding":[`)
		for i := range 24 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%.3f", rng.Float32()-0.5)
		}
		b.WriteString("]}\n")
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportMakesTheIndexWhole(t *testing.T) {
	s := newShell(t)
	const n = 7000
	file := vectors(t, n)
	if out := s.ok("import", "rows", file); !strings.HasSuffix(out, fmt.Sprintf("rows.jsonl: %d rows stored\n", n)) {
		t.Errorf("import printed %q", out)
	}
	query := "[" + strings.Repeat("0.1,", 23) + "0.1]"
	out := s.ok("search", "rows", query, "--explain")
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
	s.ok("search", "rows", query)
	s.ok("insert", "rows", "["+strings.Repeat("0.2,", 23)+"0.2]")
	if after, err := os.Stat(path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a search and a small insert have written the index file again: %v, %v", after, err)
	}
}

func TestImportWithoutIndex(t *testing.T) {
	s := newShell(t)
	file := vectors(t, 6000)
	s.ok("import", "rows", file, "--no-index")
	query := "[" + strings.Repeat("0.1,", 23) + "0.1]"
	if out := s.ok("search", "rows", query, "-k", "3"); strings.Count(out, "\n") != 3 {
		t.Errorf("search printed %q; want three hits", out)
	}
}
