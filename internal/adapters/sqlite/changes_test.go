package sqlite_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func snapOf(d domain.Database) ports.Snapshot {
	return ports.Snapshot{Incarnation: d.Incarnation, Sequence: d.Sequence, Hash: d.Hash}
}

// putSome stores n chunks and returns their ids and the state after.
func putSome(t *testing.T, s *sqlite.Store, n int) ([]int64, domain.Database) {
	t.Helper()
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i].Embedding = []float32{1, 2}
	}
	c, err := s.Write(t.Context(), domain.Batch{Database: "a", Create: &domain.Settings{}, Put: chunks}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.IDs, c.Database
}

func TestChangesSince(t *testing.T) {
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/a.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	_, unkept := putSome(t, s, 3)
	if _, err := s.ChangesSince(t.Context(), unkept, snapOf(unkept)); !errors.Is(err, domain.ErrStaleSnapshot) {
		t.Fatalf("ChangesSince before KeepChanges: %v; want ErrStaleSnapshot", err)
	}
	kept, err := s.KeepChanges(t.Context(), unkept, 0)
	if err != nil || kept.Sequence != 3 {
		t.Fatalf("KeepChanges = %+v, %v", kept, err)
	}
	none, err := s.ChangesSince(t.Context(), kept, snapOf(kept))
	if err != nil || len(none.Written)+len(none.Deleted) != 0 || none.Database.Sequence != 3 {
		t.Fatalf("ChangesSince at once = %+v, %v; want none", none, err)
	}

	states := []domain.Database{kept}
	there := []map[int64]bool{{1: true, 2: true, 3: true}} // chunks at each state, and
	wrote := []map[int64]bool{{}}                          // those written by the step to it
	rng := rand.New(rand.NewPCG(1, 2))
	for step := range 60 {
		now, touched := map[int64]bool{}, map[int64]bool{}
		for id := range there[step] {
			now[id] = true
		}
		batch := domain.Batch{Database: "a"}
		for id := range now {
			switch rng.IntN(6) {
			case 0:
				batch.Delete = append(batch.Delete, id)
				delete(now, id)
			case 1:
				batch.Put = append(batch.Put, domain.Chunk{ID: id, Embedding: []float32{3, 4}})
			}
		}
		for range rng.IntN(5) {
			batch.Put = append(batch.Put, domain.Chunk{Embedding: []float32{5, 6}})
		}
		c, err := s.Write(t.Context(), batch, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range c.IDs {
			now[id], touched[id] = true, true
		}
		states, there, wrote = append(states, c.Database), append(there, now), append(wrote, touched)
	}
	last := len(states) - 1
	for from := range states {
		var want ports.Changes
		want.Database = states[last]
		for id := range there[last] {
			if slices.ContainsFunc(wrote[from+1:], func(w map[int64]bool) bool { return w[id] }) {
				want.Written = append(want.Written, id)
			}
		}
		seen := map[int64]bool{}
		for i := from; i <= last; i++ {
			for id := range there[i] {
				if !there[last][id] {
					seen[id] = true
				}
			}
		}
		for id := range seen {
			want.Deleted = append(want.Deleted, id)
		}
		slices.Sort(want.Written)
		slices.Sort(want.Deleted)
		got, err := s.ChangesSince(t.Context(), kept, snapOf(states[from]))
		if err != nil {
			t.Fatalf("ChangesSince(state %d): %v", from, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("ChangesSince(state %d) (-want +got):\n%s", from, diff)
		}
	}
}

func TestDoubtfulSnapshotsAreStale(t *testing.T) {
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/a.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	_, db := putSome(t, s, 3)
	if _, err := s.KeepChanges(t.Context(), db, 0); err != nil {
		t.Fatal(err)
	}
	_, mid := putSome(t, s, 3)
	_, now := putSome(t, s, 3)
	spoil := func(fn func(*ports.Snapshot)) ports.Snapshot {
		snap := snapOf(mid)
		fn(&snap)
		return snap
	}
	for name, snap := range map[string]ports.Snapshot{
		"another hash":          spoil(func(s *ports.Snapshot) { s.Hash[3]++ }),
		"another life":          spoil(func(s *ports.Snapshot) { s.Incarnation[0]++ }),
		"the middle of a batch": spoil(func(s *ports.Snapshot) { s.Sequence-- }),
		"a newer state":         spoil(func(s *ports.Snapshot) { s.Sequence = now.Sequence + 1 }),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := s.ChangesSince(t.Context(), db, snap); !errors.Is(err, domain.ErrStaleSnapshot) {
				t.Errorf("ChangesSince = %+v, %v; want ErrStaleSnapshot", got, err)
			}
		})
	}
	if _, err := s.KeepChanges(t.Context(), db, mid.Sequence); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangesSince(t.Context(), db, snapOf(db)); !errors.Is(err, domain.ErrStaleSnapshot) {
		t.Errorf("ChangesSince a forgotten state: %v; want ErrStaleSnapshot", err)
	}
	if got, err := s.ChangesSince(t.Context(), db, snapOf(mid)); err != nil || len(got.Written) != 3 {
		t.Errorf("ChangesSince the kept state = %+v, %v; want 3 written", got, err)
	}
	if err := s.ForgetChanges(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	_, later := putSome(t, s, 3)
	for _, state := range []domain.Database{mid, now, later} {
		if _, err := s.ChangesSince(t.Context(), db, snapOf(state)); !errors.Is(err, domain.ErrStaleSnapshot) {
			t.Errorf("ChangesSince state %d after ForgetChanges: %v; want ErrStaleSnapshot", state.Sequence, err)
		}
	}
	if err := s.Drop(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	putSome(t, s, 9)
	if _, err := s.ChangesSince(t.Context(), db, snapOf(mid)); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("ChangesSince in an ended life: %v; want ErrNotFound", err)
	}
	if _, err := s.KeepChanges(t.Context(), db, 0); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("KeepChanges in an ended life: %v; want ErrNotFound", err)
	}
}

// What keeps its embedding is no change for an index, unless its vector may have left that
// because it was to expire.
func TestChangesWithoutNewEmbeddings(t *testing.T) {
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/a.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	_, db := putSome(t, s, 3)
	if _, err := s.KeepChanges(t.Context(), db, 0); err != nil {
		t.Fatal(err)
	}
	list, err := s.Chunks(t.Context(), db, domain.Selection{Limit: 3}, domain.FieldEmbedding)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].Text = "new"
	}
	for _, tc := range []struct {
		expires time.Time
		want    []int64
	}{{want: []int64{2}}, {expires: time.Now().Add(time.Hour), want: []int64{1, 2, 3}}} {
		list[2].ExpiresAt = tc.expires
		b := domain.Batch{Database: "a", Put: list, SameEmbedding: []bool{true, false, true}}
		if _, err := s.Write(t.Context(), b, nil); err != nil {
			t.Fatal(err)
		}
		got, err := s.ChangesSince(t.Context(), db, snapOf(db))
		if err != nil || !slices.Equal(got.Written, tc.want) {
			t.Errorf("ChangesSince = %+v, %v; want %v written", got, err, tc.want)
		}
	}
}
