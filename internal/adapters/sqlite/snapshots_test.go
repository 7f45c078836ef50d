package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestReadersSeeWhatWasAcknowledged reads databases right after they were changed, while
// tables are made and dropped, so that readers are pinned to earlier snapshots.
func TestReadersSeeWhatWasAcknowledged(t *testing.T) {
	const workers, rounds, seed = 4, 150, 20261122
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
	put(t, s, "still", plain(20, 4)...)
	still := all(t, s, "still")
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			id := fmt.Sprint("db", w)
			want := map[int64]string{}
			for round := range rounds {
				step := changeOne(t, s, rng, id, want, fmt.Sprint("round ", round))
				if t.Failed() {
					t.Logf("seed %d", seed)
					return
				}
				if diff := cmp.Diff(want, textsOf(t, s, id)); diff != "" {
					t.Errorf("%s after round %d (%s) (-acknowledged +read):\n%s", id, round, step, diff)
					return
				}
				if diff := cmp.Diff(still, all(t, s, "still")); diff != "" {
					t.Errorf("the database that no one changes (-before +now):\n%s", diff)
					return
				}
			}
		})
	}
	work.Wait()
}

// changeOne changes database id and want at random, and says how.
func changeOne(t *testing.T, s *sqlite.Store, rng *rand.Rand, id string, want map[int64]string, text string) string {
	t.Helper()
	first := int64(0)
	for chunk := range want {
		if first == 0 || chunk < first {
			first = chunk
		}
	}
	switch n := rng.IntN(10); {
	case n < 2 && len(want) > 0:
		if err := s.Drop(ctx, id, nil); err != nil {
			t.Errorf("Drop(%q) = %v; want nil", id, err)
		}
		clear(want)
		return "drop"
	case n < 4 && first > 0:
		if _, err := s.Write(ctx, domain.Batch{Database: id, Delete: []int64{first}}, nil); err != nil {
			t.Errorf("Write(delete %d) = %v; want nil", first, err)
		}
		delete(want, first)
		return "delete"
	default:
		chunks := plain(1+rng.IntN(3), 4)
		for i := range chunks {
			chunks[i].Text = fmt.Sprint(text, " chunk ", i)
		}
		c, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks}, nil)
		if err != nil {
			t.Errorf("Write(%q, %d chunks) = %v; want nil", id, len(chunks), err)
			return "insert"
		}
		for i, chunk := range c.IDs {
			want[chunk] = chunks[i].Text
		}
		return "insert"
	}
}

// textsOf returns the chunks that are in database id, none if there is no such database.
func textsOf(t *testing.T, s *sqlite.Store, id string) map[int64]string {
	t.Helper()
	texts := map[int64]string{}
	db, err := s.Find(ctx, id)
	if err != nil {
		wantKind(t, "Find", err, domain.ErrNotFound)
		return texts
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1000}, domain.DefaultFields)
	if err != nil {
		t.Errorf("Chunks(%q) = %v; want nil", id, err)
	}
	for i := range chunks {
		texts[chunks[i].ID] = chunks[i].Text
	}
	return texts
}

func TestTheLogStaysBoundedWhileDatabasesAreMade(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
	put(t, s, "still", plain(20, 4)...)
	for i := range 400 {
		put(t, s, fmt.Sprint("db", i), plain(40, 256)...)
		all(t, s, "still") // by pinned readers
		if size := s.Stats().WALBytes; size > 80<<20 {
			t.Fatalf("the log has %d MiB after %d databases", size>>20, i+1)
		}
	}
	if n := s.Stats().Checkpoints; n < 3 {
		t.Errorf("%d checkpoints; want some while databases are made", n)
	}
	settled(t, s)
	if n := s.Pinned(); n != 0 {
		t.Errorf("%d readers are pinned to an earlier snapshot at the end; want 0", n)
	}
}

func TestReadersGoOnWhenTheyAreUnpinned(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), new(sqlite.Options).WithIdle(time.Hour))
	put(t, s, "still", plain(20, 4)...)
	want := all(t, s, "still")
	for i := range 5 {
		put(t, s, fmt.Sprint("db", i), plain(2, 4)...)
		if diff := cmp.Diff(want, all(t, s, "still")); diff != "" {
			t.Fatalf("after %d databases were made (-before +now):\n%s", i+1, diff)
		}
	}
	if n := s.Pinned(); n == 0 {
		t.Error("no reader is pinned to an earlier snapshot; want some")
	}
	s.UnpinAll()
	if n := s.Pinned(); n != 0 {
		t.Errorf("%d readers are pinned to an earlier snapshot after they were unpinned; want 0", n)
	}
	if diff := cmp.Diff(want, all(t, s, "still")); diff != "" {
		t.Errorf("after that (-before +now):\n%s", diff)
	}
}

// TestTheLogIsTruncatedBesideReads reads all the time while databases are made, so that a
// reader is in the middle of a statement whenever the log could be truncated. A reader that
// gets no core for long keeps the log all the same, so one of three logs is enough.
func TestTheLogIsTruncatedBesideReads(t *testing.T) {
	const enough = 112 << 20 // it is truncated from 64 MiB on, and looked at after each 16
	var sizes []int64
	for range 3 {
		size := longestLog(t)
		if size <= enough {
			return
		}
		sizes = append(sizes, size>>20)
	}
	t.Errorf("the logs had %d MiB", sizes)
}

// longestLog makes 400 databases beside two readers that never rest and returns how long
// the log was at most.
func longestLog(t *testing.T) (most int64) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
	put(t, s, "still", plain(2000, 4)...)
	end := make(chan struct{})
	var reads sync.WaitGroup
	for range 2 {
		reads.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
					all(t, s, "still")
				}
			}
		})
	}
	for i := range 400 {
		put(t, s, fmt.Sprint("db", i), plain(40, 256)...)
		most = max(most, s.Stats().WALBytes)
	}
	close(end)
	reads.Wait()
	return most
}
