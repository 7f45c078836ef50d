//go:build cgo

package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestStatementsArePreparedOnce finds statements that SQLite prepares anew whenever other
// values are bound to them.
func TestStatementsArePreparedOnce(t *testing.T) {
	s := open(t, "", &sqlite.Options{Readers: 1})
	db := put(t, s, "d", plain(50, 2)...).Database
	writer, readers, err := s.CountPrepares()
	if err != nil {
		t.Fatalf("CountPrepares() = %v; want nil", err)
	}
	round := func(i int) {
		chunk := plain(1, 2)[0]
		chunk.Key = fmt.Sprint("key ", i)
		put(t, s, "d", chunk) // new
		put(t, s, "d", chunk) // replaces
		if _, err := s.Write(ctx, domain.Batch{Database: "d", Delete: []int64{int64(i + 1)}}, nil); err != nil {
			t.Errorf("Write(delete %d) = %v; want nil", i+1, err)
		}
		for _, sel := range []domain.Selection{
			{IDs: []int64{int64(i), int64(i + 20), 40}}, {Keys: []string{chunk.Key}}, {After: int64(i), Limit: 5 + i},
		} {
			if got, err := s.Chunks(ctx, db, sel, domain.DefaultFields); err != nil || len(got) == 0 {
				t.Errorf("Chunks(%v) = %d chunks, %v; want some", sel, len(got), err)
			}
		}
	}
	round(0)
	if writer.Load() == 0 || readers.Load() == 0 {
		t.Fatalf("%d and %d accesses of writer and readers were prepared in the first round; want some", writer.Load(), readers.Load())
	}
	writer.Store(0)
	readers.Store(0)
	for i := 1; i < 5; i++ {
		round(i)
	}
	if w, r := writer.Load(), readers.Load(); w != 0 || r != 0 {
		t.Errorf("%d and %d accesses of writer and readers were prepared after the first round; want none", w, r)
	}
}

// TestReadersDoNotReadTheSchemaForEachNewDatabase looks for what follows when they do:
// they prepare all their statements anew.
func TestReadersDoNotReadTheSchemaForEachNewDatabase(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), new(sqlite.Options).WithIdle(time.Hour))
	put(t, s, "still", plain(50, 2)...)
	_, readers, err := s.CountPrepares()
	if err != nil {
		t.Fatalf("CountPrepares() = %v; want nil", err)
	}
	for i := range 4 { // each reader has to see each of the statements
		put(t, s, fmt.Sprint("first", i), plain(3, 2)...)
		all(t, s, "still")
		if _, err := s.Find(ctx, "still"); err != nil {
			t.Fatalf("Find = %v; want nil", err)
		}
	}
	if readers.Load() == 0 {
		t.Fatal("no statement was counted; want some")
	}
	readers.Store(0)
	for i := range 20 {
		id := fmt.Sprint("new", i)
		if _, err := s.Find(ctx, id); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Find(%q) before it is there = %v; want %v", id, err, domain.ErrNotFound)
		}
		put(t, s, id, plain(3, 2)...)
		if n := len(all(t, s, "still")); n != 50 {
			t.Errorf("%d chunks; want 50", n)
		}
	}
	if n := readers.Load(); n != 0 {
		t.Errorf("%d accesses were prepared while databases were made; want 0", n)
	}
	if n := len(all(t, s, "new19")); n != 3 {
		t.Errorf("%d chunks in a new database; want 3", n)
	}
	if readers.Load() == 0 {
		t.Error("a new database was read without reading the schema; the test sees nothing")
	}
}
