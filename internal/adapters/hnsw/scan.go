package hnsw

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/adapters/simd"
	"github.com/memista/memista/internal/ports"
)

// scanBatch is how many vectors are scored at a time.
const scanBatch = 64

// scan fills the pool with the nearest of all vectors, or of the allowed ones. An Exact
// query is compared with the originals, others with the rows of the graph first.
func (w *walker) scan(ctx context.Context, q ports.Query, vec []float32, p plan) error {
	g := w.g
	w.v = g.view.Load()
	full := q.Exact || g.kind == kindF32
	size := g.rescored(q.K)
	if full {
		size = q.K + scanSpare
		w.aimFull(vec)
	} else {
		w.aim(vec, false)
	}
	w.pool.reset(min(size, int(g.n.Load())+1))
	w.slots = grow(w.slots, scanBatch+simd.GroupRows)[:0]
	w.scores = grow(w.scores, scanBatch+simd.GroupRows)
	for slot := range g.slotsOf(q.Allow) {
		w.slots = append(w.slots, slot)
		if len(w.slots) == scanBatch {
			if err := w.scanned(ctx, full); err != nil {
				return err
			}
		}
	}
	return w.scanned(ctx, full)
}

// scanSpare is how many vectors beyond k an exact scan keeps: their distances are
// computed once more by the kernel that all of memista's distances come from, whose last
// bits differ.
const scanSpare = 8

// scanned scores w.slots and empties it.
func (w *walker) scanned(ctx context.Context, full bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.known()
	if full {
		w.scoreFull(w.v, w.slots, w.scores)
	} else {
		w.score(w.v, w.slots, w.scores, nil)
	}
	w.scored += len(w.slots)
	bound := w.pool.bound()
	for i, slot := range w.slots {
		// Slots come in the order of their ids: of equals the first one stays first.
		if e := entryOf(w.scores[i], slot); e>>32 < bound>>32 {
			w.pool.insertAfter(e)
			bound = w.pool.bound()
		}
	}
	w.slots = w.slots[:0]
	return nil
}

// slotsOf yields the slots of the allowed ids, or of all, in ascending order of ids.
func (g *graph) slotsOf(allow ports.IDSet) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if allow == nil || int64(allow.Len()) > g.live.Load() {
			for id, slot := range g.byID.all() {
				if (allow == nil || allow.Contains(id)) && !yield(slot) {
					return
				}
			}
			return
		}
		for id := range allow.All() {
			if id < 1 {
				continue
			}
			if slot := g.byID.slot(id); slot != none && !yield(slot) {
				return
			}
		}
	}
}
