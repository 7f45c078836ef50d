package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// settled waits until a dropped database's space has been given back and the log is
// empty, and returns the size of the file.
func settled(t *testing.T, s *sqlite.Store) int64 {
	t.Helper()
	eventually(t, "the end of the housework", func() bool {
		st := s.Stats()
		free, err := s.Text("SELECT freelist_count < 32 FROM pragma_freelist_count")
		return err == nil && st.Pending == 0 && st.WALBytes == 0 && free == "1"
	})
	return s.Stats().FileBytes
}

func TestDropGivesSpaceBackInTheBackground(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "stays", plain(10, 64)...)
	before := settled(t, s)
	chunks := plain(3000, 256)
	for i := range chunks {
		chunks[i].Key = strings.Repeat("k", i%50) + string(rune('a'+i%26)) + chunks[i].Text
	}
	put(t, s, "big", chunks...)
	full := settled(t, s)
	if full < before+3000*256*4 {
		t.Fatalf("the file has %d bytes with the rows, %d without", full, before)
	}
	if err := s.Drop(ctx, "big", nil); err != nil {
		t.Fatalf("Drop = %v; want nil", err)
	}
	put(t, s, "big", plain(3, 2)...) // the name is free at once
	after := settled(t, s)
	if after > before+32*sqlite.PageSize {
		t.Errorf("the file has %d bytes after the drop, had %d before and %d with the rows", after, before, full)
	}
	wantText(t, s, "SELECT count(*) FROM embeddings", "13")
	wantText(t, s, "SELECT count(*) FROM keys", "0")
	wantText(t, s, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'dropped%'", "0")
	wantText(t, s, "PRAGMA integrity_check", "ok")
	if got := len(all(t, s, "stays")); got != 10 {
		t.Errorf("%d chunks in the other database; want 10", got)
	}
}

func TestDropGoesOnAfterRestart(t *testing.T) {
	for _, n := range []int{2000, 20001} { // the table is dropped at once, or renamed
		path := filepath.Join(t.TempDir(), "memista.db")
		s := open(t, path, nil)
		put(t, s, "big", plain(n, 16)...)
		if err := s.Drop(ctx, "big", nil); err != nil {
			t.Fatalf("Drop = %v; want nil", err)
		}
		closeStore(t, s) // after at most a few steps, which are not enough
		s = open(t, path, nil)
		if st := s.Stats(); st.Pending != 1 {
			t.Errorf("%d drops pending after reopening; want 1", st.Pending)
		}
		settled(t, s)
		wantText(t, s, "SELECT count(*) FROM embeddings", "0")
		wantText(t, s, "SELECT count(*) FROM drops", "0")
		wantText(t, s, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'dropped%'", "0")
		_, err := s.Find(ctx, "big")
		wantKind(t, "Find of the dropped database", err, domain.ErrNotFound)
	}
}

func TestDeletesGiveSpaceBack(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	ids := put(t, s, "db", plain(3000, 256)...).IDs
	full := settled(t, s)
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Delete: ids[100:]}, nil); err != nil {
		t.Fatalf("Write(deletes) = %v; want nil", err)
	}
	if after := settled(t, s); after > full/5 {
		t.Errorf("the file has %d bytes after 29 of 30 chunks were deleted, had %d; want at most a fifth", after, full)
	}
	if got := len(all(t, s, "db")); got != 100 {
		t.Errorf("%d chunks; want 100", got)
	}
}

func TestTheLogStaysBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	chunks := plain(500, 768)
	const rounds = 80 // of 1.5 MB
	for range rounds {
		put(t, s, "db", chunks...)
		if size := s.Stats().WALBytes; size > 64<<20 {
			t.Fatalf("the log has %d MiB after %d MiB of vectors", size>>20, rounds*500*768*4>>20)
		}
	}
	if n := s.Stats().Checkpoints; n < 3 {
		t.Errorf("%d checkpoints; want some while requests come", n)
	}
	settled(t, s)
}
