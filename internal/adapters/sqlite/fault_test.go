package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

func TestDiskFullFailsTheBatchAndNothingElse(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	db := put(t, s, "db", plain(10, 64)...).Database
	if err := s.OnWriter("PRAGMA max_page_count = 12"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(3000, 64)}, func(domain.Commit) { t.Error("applied was called") })
	wantKind(t, "Write to a full disk", err, domain.ErrDiskFull)
	if got := len(all(t, s, "db")); got != 10 {
		t.Errorf("%d chunks after a write to a full disk; want 10", got)
	}
	if now, err := s.Find(ctx, "db"); err != nil || now != db {
		t.Errorf("Find = %+v, %v; want %+v", now, err, db)
	}
	wantProblem(t, s, domain.ErrDiskFull, "")
	if err := s.OnWriter("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "db", plain(3000, 64)...) // once there is room
	if st := s.Stats(); st.ReadOnly || st.Faults != 0 {
		t.Errorf("Stats = %+v; want no fault", st)
	}
	wantProblem(t, s, nil, "")
	wantText(t, s, "PRAGMA integrity_check", "ok")
}

// wantProblem checks that a store has one problem, of a kind and with a database; nil is
// none.
func wantProblem(t *testing.T, s *sqlite.Store, kind error, database string) {
	t.Helper()
	got := s.Problems()
	if kind == nil && len(got) == 0 {
		return
	}
	if len(got) != 1 || !errors.Is(got[0].Kind, kind) || got[0].Database != database || got[0].Since.IsZero() {
		t.Errorf("Problems() = %+v; want %v of %q", got, kind, database)
	}
}

func TestADamagedFileIsErrCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "small", plain(1, 2)...)
	db := put(t, s, "db", plain(2000, 64)...).Database
	closeStore(t, s)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	const whole = 20 * sqlite.PageSize // the tables' first pages, which stand in front
	junk := make([]byte, fileSize(t, path)-whole)
	for i := range junk {
		junk[i] = 0xa5
	}
	if _, err := f.WriteAt(junk, whole); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, nil)
	wantProblem(t, s, nil, "")
	_, err = s.Chunks(ctx, db, domain.Selection{Limit: 10000}, domain.DefaultFields|domain.FieldEmbedding)
	wantKind(t, "Chunks of a damaged file", err, domain.ErrCorrupt)
	wantProblem(t, s, domain.ErrCorrupt, "db")
	small, err := s.Find(ctx, "small")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Chunks(ctx, small, domain.Selection{IDs: []int64{1}}, domain.DefaultFields); err != nil || len(got) != 1 {
		t.Errorf("Chunks of a database whose pages are whole = %v, %v; want 1", got, err)
	}
}
