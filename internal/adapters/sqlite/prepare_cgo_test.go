//go:build cgo

package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestStatementsArePreparedOnce finds statements that SQLite prepares anew whenever other
// values are bound to them.
func TestStatementsArePreparedOnce(t *testing.T) {
	s := open(t, "", &sqlite.Options{Readers: 1})
	db := put(t, s, "d", plain(50, 2)...).Database
	count, err := s.CountPrepares()
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
	if count.Load() == 0 {
		t.Fatal("no statement was counted in the first round; want some")
	}
	count.Store(0)
	for i := 1; i < 5; i++ {
		round(i)
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d accesses were prepared after the first round; want 0", n)
	}
}
