package hnsw

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// scanBatch is how many vectors are listed and scored at a time. The kernel waits for
// memory at the start of each batch: of 10,000 scattered rows each took 34 ns with 64,
// 23 with 256 and with 1,024.
const scanBatch = 256

// exactBatch is how many originals are scored at a time: they are read twice, the second
// time from the nearest cache.
const exactBatch = 64

// scan fills the list of candidates with the nearest of all vectors, or of the allowed ones. If they
// are many and the query is not Exact, by the rows of the graph first.
func (w *searcher) scan(ctx context.Context, q ports.Query, vec []float32, p plan) error {
	g := w.g
	w.v = g.View()
	exact := q.Exact || p.scans <= exactScan
	size := g.Rescored(q.K)
	if exact {
		size = q.K
		w.SetFullQuery(vec)
	} else {
		w.SetQuery(vec, false)
	}
	w.candidates.reset(min(size, int(g.Used())+arrivals))
	w.slots = grow(w.slots, scanBatch+simd.GroupRows)
	w.scores = grow(w.scores, scanBatch+simd.GroupRows)
	w.ids = grow(w.ids, scanBatch)
	for slots := range g.slotsOf(q.Allow, w.ids[:scanBatch], w.slots[:scanBatch]) {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.known(slots)
		if !exact {
			w.Score(w.v, slots, w.scores, nil)
			w.keepNearest(slots)
			continue
		}
		for len(slots) > 0 {
			n := min(len(slots), exactBatch)
			w.scoreExactly(vec, slots[:n])
			w.keepNearest(slots[:n])
			slots = slots[n:]
		}
	}
	return nil
}

// exactScan is up to how many vectors are compared by their originals at once: so few
// cost little, and ties then come out as by brute force.
const exactScan = 2048

// scoreExactly sets w.scores to the distances of vec to the originals in slots.
func (w *searcher) scoreExactly(vec []float32, slots []uint32) {
	// The kernel brings the rows in; its last bits differ from those of the one that
	// all distances shown to callers come from.
	w.ScoreFull(w.v, slots, w.scores)
	for i, slot := range slots {
		w.scores[i] = w.g.Exact(w.v, vec, slot)
	}
}

// keepNearest keeps in the list of candidates those of slots whose w.scores are low enough. Slots come
// in the order of their ids: of equals the first one stays first.
func (w *searcher) keepNearest(slots []uint32) {
	w.scored += len(slots)
	bound := w.candidates.bound()
	for i, slot := range slots {
		if e := entryOf(w.scores[i], slot); e>>32 < bound>>32 {
			w.candidates.insertAfter(e)
			bound = w.candidates.bound()
		}
	}
}

// slotsOf yields the slots of the allowed ids, or of all, in ascending order of ids, as
// many at a time as fit into slots. It lists the allowed ids in ids, of the same length.
func (g *graph) slotsOf(allow ports.IDSet, ids []int64, slots []uint32) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if allow == nil || int64(allow.Len()) > g.live.Load() {
			g.ByID.List(allow, slots, yield)
			return
		}
		for list := range ports.Batches(allow, ids) {
			if n := g.ByID.Slots(list, slots); n > 0 && !yield(slots[:n]) {
				return
			}
		}
	}
}
