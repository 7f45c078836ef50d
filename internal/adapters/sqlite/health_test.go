package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

func TestAFullDiskIsTriedAgainWithoutARequest(t *testing.T) {
	for name, path := range map[string]string{"file": filepath.Join(t.TempDir(), "memista.db"), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			s := open(t, path, sqlite.Options{}.WithPause(5*time.Millisecond))
			put(t, s, "db", plain(10, 64)...)
			if err := s.OnWriter("PRAGMA max_page_count = 12"); err != nil {
				t.Fatal(err)
			}
			_, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(3000, 64)}, nil)
			wantKind(t, "Write to a full disk", err, domain.ErrDiskFull)
			eventually(t, "the probe of a disk with a little room", func() bool { return len(s.Problems()) == 0 })
			if got := len(all(t, s, "db")); got != 10 {
				t.Errorf("%d chunks; want 10", got)
			}
			wantText(t, s, "PRAGMA user_version", strconv.Itoa(len(sqlite.Migrations())))
		})
	}
}

// A database that has been found damaged is so until it is dropped.
func TestADroppedDatabaseIsNoProblem(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(3, 2)...)
	put(t, s, "other", plain(3, 2)...)
	if err := s.OnWriter("UPDATE embeddings SET embedding = x'00' WHERE id & 0xff = 2 AND id >> 36 = 1"); err != nil {
		t.Fatal(err)
	}
	db, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Chunks(ctx, db, domain.Selection{Limit: 10}, domain.FieldEmbedding)
	wantKind(t, "Chunks with half an embedding", err, domain.ErrCorrupt)
	if got := s.Problems(); len(got) != 1 || !errors.Is(got[0].Kind, domain.ErrCorrupt) || got[0].Database != "db" {
		t.Errorf("Problems() = %+v; want db damaged", got)
	}
	if got := len(all(t, s, "other")); got != 3 {
		t.Errorf("%d chunks in the other database; want 3", got)
	}
	if err := s.Drop(ctx, "db", nil); err != nil {
		t.Fatal(err)
	}
	if got := s.Problems(); len(got) != 0 {
		t.Errorf("Problems() after the drop = %+v; want none", got)
	}
}

// What is written to a file that was moved or deleted would be lost, so it is not taken.
func TestAMovedFileTakesNoWrites(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files that are open cannot be moved")
	}
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "db", plain(3, 2)...)
	refused := func(after string) {
		t.Helper()
		_, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(1, 2)}, nil)
		wantKind(t, "Write after "+after, err, domain.ErrMoved)
		wantKind(t, "Write after "+after, err, domain.ErrReadOnly)
		if got := len(all(t, s, "db")); got != 3 {
			t.Errorf("after %s: %d chunks; want 3", after, got)
		}
		if got := s.Problems(); len(got) != 1 || !errors.Is(got[0].Kind, domain.ErrMoved) {
			t.Errorf("after %s: Problems() = %+v", after, got)
		}
	}
	for name, back := range map[string]func(){"a move": func() {}, "a replacement": func() {
		if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
			t.Fatal(err)
		}
	}} {
		if err := os.Rename(path, path+"-away"); err != nil {
			t.Fatal(err)
		}
		back()
		refused(name)
		if err := os.Rename(path+"-away", path); err != nil {
			t.Fatal(err)
		}
		if got := s.Problems(); len(got) != 0 {
			t.Errorf("back after %s: Problems() = %+v", name, got)
		}
	}
	put(t, s, "db", plain(1, 2)...)
	if got := len(all(t, s, "db")); got != 4 {
		t.Errorf("%d chunks; want 4", got)
	}
}
