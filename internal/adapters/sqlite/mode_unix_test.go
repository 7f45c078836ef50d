//go:build unix

package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// wantMode checks the modes of the files at path and of those that SQLite keeps beside it.
func wantMode(t *testing.T, want os.FileMode, paths ...string) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o; want %o", filepath.Base(path), got, want)
		}
	}
}

func TestNewFilesAreTheOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "memista.db")
	write := func() *sqlite.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Create(t.Context(), "a", domain.Settings{Dims: 1}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), domain.Batch{Database: "a", Put: []domain.Chunk{{Embedding: []float32{1}}}}, nil); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := write()
	backup := filepath.Join(dir, "backup.db")
	if _, err := s.BackupTo(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	wantMode(t, 0o600, path, path+"-wal", path+"-shm", path+".lock", backup)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// What the owner has opened to others stays open.
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	s = write()
	wantMode(t, 0o640, path, path+"-wal", path+"-shm")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Restore(t.Context(), backup, path, sqlite.RestoreOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, 0o640, path)
	if _, err := sqlite.Restore(t.Context(), backup, filepath.Join(dir, "other.db"), sqlite.RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, 0o600, filepath.Join(dir, "other.db"))
}
