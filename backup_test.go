package memista_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/memista/memista"
)

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	db, err := memista.Open(filepath.Join(dir, "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Insert(ctx, "a", []memista.Chunk{{Embedding: []float32{1, 2}, Text: "x"}}, nil); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy.db")
	if size, err := db.BackupTo(ctx, copied); err != nil || size == 0 {
		t.Fatalf("Backup = %d, %v", size, err)
	}
	if _, err := db.BackupTo(ctx, copied); !errors.Is(err, memista.ErrConflict) {
		t.Errorf("Backup over a file = %v; want ErrConflict", err)
	}
	if _, err := memista.Restore(ctx, copied, filepath.Join(dir, "memista.db"), &memista.RestoreOptions{Force: true}); !errors.Is(err, memista.ErrLocked) {
		t.Errorf("Restore over an open file = %v; want ErrLocked", err)
	}
	other := filepath.Join(dir, "other.db")
	if got, err := memista.Restore(ctx, copied, other, nil); err != nil || got != (memista.Restored{Databases: 1, Chunks: 1}) {
		t.Errorf("Restore = %+v, %v; want one database with one chunk", got, err)
	}
	again, err := memista.Open(other, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if hits, err := again.Search(ctx, "a", []float32{1, 2}, 5, nil); err != nil || len(hits) != 1 || hits[0].Text != "x" {
		t.Errorf("Search = %+v, %v; want the chunk", hits, err)
	}
}
