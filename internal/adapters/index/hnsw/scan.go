package hnsw

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// scanBatch is how many vectors are scored at a time.
const scanBatch = 64

// idBatch is how many allowed ids are listed at a time.
const idBatch = 256

// scan fills the pool with the nearest of all vectors, or of the allowed ones. If they
// are many and the query is not Exact, by the rows of the graph first.
func (w *walker) scan(ctx context.Context, q ports.Query, vec []float32, p plan) error {
	g := w.g
	w.v = g.view.Load()
	exact := q.Exact || p.scans <= exactScan
	size := g.rescored(q.K)
	if exact {
		size = q.K
		w.aimFull(vec)
	} else {
		w.aim(vec, false)
		vec = nil
	}
	w.pool.reset(min(size, int(g.n.Load())+arrivals))
	w.slots = grow(w.slots, scanBatch+simd.GroupRows)[:0]
	w.scores = grow(w.scores, scanBatch+simd.GroupRows)
	w.ids = grow(w.ids, idBatch)
	for slot := range g.slotsOf(q.Allow, w.ids[:idBatch]) {
		w.slots = append(w.slots, slot)
		if len(w.slots) == scanBatch {
			if err := w.scanned(ctx, vec); err != nil {
				return err
			}
		}
	}
	return w.scanned(ctx, vec)
}

// exactScan is up to how many vectors are compared by their originals at once: so few
// cost little, and ties then come out as by brute force.
const exactScan = 2048

// scanned scores w.slots, exactly if vec is not nil, and empties it.
func (w *walker) scanned(ctx context.Context, vec []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.known()
	if vec == nil {
		w.score(w.v, w.slots, w.scores, nil)
	} else {
		// The kernel brings the rows in; its last bits differ from those of the one that
		// all distances shown to callers come from.
		w.scoreFull(w.v, w.slots, w.scores)
		for i, slot := range w.slots {
			w.scores[i] = w.g.exact(w.v, vec, slot)
		}
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

// slotsOf yields the slots of the allowed ids, or of all, in ascending order of ids. It
// lists the allowed ones in buf.
func (g *graph) slotsOf(allow ports.IDSet, buf []int64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if allow == nil || int64(allow.Len()) > g.live.Load() {
			for id, slot := range g.byID.all() {
				if (allow == nil || allow.Contains(id)) && !yield(slot) {
					return
				}
			}
			return
		}
		var page *idPage // of the id before: they come in runs
		for ids := range ports.Batches(allow, buf) {
			for _, id := range ids {
				if id < 1 {
					continue
				}
				if number := id / idPageSize; page == nil || page.number != number {
					if page = g.byID.page(number); page == nil {
						continue
					}
				}
				if slot := page.slot(id); slot != none && !yield(slot) {
					return
				}
			}
		}
	}
}
