package sqlite_test

import (
	"errors"
	"path/filepath"
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
