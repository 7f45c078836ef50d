package deadline_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/app/deadline"
)

// TestQueueAgainstAMap compares every answer with a map while times are set, set again and
// taken away, and the clock goes on.
func TestQueueAgainstAMap(t *testing.T) {
	const seed = 20261129
	rng := rand.New(rand.NewPCG(seed, 1))
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var q deadline.Queue
	if q.Next() != deadline.Never || q.Bytes() != 0 {
		t.Errorf("an empty queue: Next %d, %d bytes", q.Next(), q.Bytes())
	}
	all := map[int64]time.Time{}
	now := noon
	for step := range 20_000 {
		switch id := rng.Int64N(200); rng.IntN(6) {
		case 0, 1, 2:
			all[id] = noon.Add(time.Duration(rng.IntN(100_000)) * time.Microsecond)
			q.Set(id, all[id])
		case 3:
			delete(all, id)
			q.Set(id, time.Time{})
		case 4:
			now = noon.Add(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		default:
			var taken []int64
			taken = append(taken, q.Take(now)...)
			slices.Sort(taken)
			if want := due(all, now); !slices.Equal(taken, want) {
				t.Fatalf("seed %d, step %d: Take = %v; want %v", seed, step, taken, want)
			}
			for _, id := range taken {
				delete(all, id)
			}
		}
		got := map[int64]bool{}
		for id := range q.Due(now) {
			got[id] = true
		}
		want := due(all, now)
		if ids := slices.Sorted(maps.Keys(got)); !slices.Equal(ids, want) {
			t.Fatalf("seed %d, step %d: Due = %v; want %v", seed, step, ids, want)
		}
		if len(want) > 0 && q.Next() > now.UnixMicro() {
			t.Fatalf("seed %d, step %d: Next = %d and %v is due at %d", seed, step, q.Next(), want, now.UnixMicro())
		}
	}
	if most := int64(56 * (2*len(all) + 1024)); q.Bytes() > most {
		t.Errorf("%d bytes for %d times; want at most %d", q.Bytes(), len(all), most)
	}
}

// due returns the ids in all that have expired at now.
func due(all map[int64]time.Time, now time.Time) (ids []int64) {
	for id, at := range all {
		if !now.Before(at) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
