package datafile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/sqlite"
)

func TestDirectoryOwnership(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "memista.db")
	made := func(path string) {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, want bool) {
		t.Helper()
		if got := datafile.OwnsDirectory(path); got != want {
			t.Errorf("%s: OwnsDirectory = %v; want %v", when, got, want)
		}
	}
	want("without a file", false)
	made(path)
	want("by itself", true)
	for _, name := range []string{"memista.keys", "memista.keys.lock", "a.hnsw", "left.db.lock"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want("beside keys, an index, and the lock of a file that is gone", true)
	made(filepath.Join(elsewhere, "other.db"))
	link := filepath.Join(dir, "linked.db")
	if err := os.Symlink(filepath.Join(elsewhere, "other.db"), link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	want("beside a link to another store, whose index files lie where it does", true)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	want("beside a link to itself", true)
	made(filepath.Join(dir, "second.db"))
	want("beside a second store", false)
}
