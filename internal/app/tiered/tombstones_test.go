package tiered_test

import (
	"testing"

	"github.com/memista/memista/internal/app/tiered"
)

// TestTombstonesGrows puts 50,000 ids into the tombstones one by one, as many small deletes do while a
// graph is saved. A copy of all for each would take minutes.
func TestTombstonesGrows(t *testing.T) {
	const n = 50_000
	var all, old tiered.Tombstones
	for id := int64(1); id <= n; id++ {
		if all = all.With(id); id == n/2 {
			old = all
		}
		if most := 17; all.Layers() > most {
			t.Fatalf("%d ids lie in %d layers; want at most %d", id, all.Layers(), most)
		}
	}
	for id := int64(1); id <= n; id++ {
		if !all.Has(id) || old.Has(id) != (id <= n/2) {
			t.Fatalf("id %d: all has it: %v, the set of the first half: %v", id, all.Has(id), old.Has(id))
		}
	}
	if all.Has(n + 1) {
		t.Error("it has an id that was never put there")
	}
}

func BenchmarkTombstones(b *testing.B) {
	for b.Loop() {
		var l tiered.Tombstones
		for id := range int64(50_000) {
			l = l.With(id)
		}
	}
}

func TestTheQueueForTheGraphIsSmall(t *testing.T) {
	if tiered.PendingBytes > 16 {
		t.Errorf("a vector that the graph lacks takes %d bytes in the queue; want 16", tiered.PendingBytes)
	}
}
