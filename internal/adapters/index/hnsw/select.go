package hnsw

import "github.com/memista/memista/internal/adapters/index/simd"

// selection is the working memory of a choice of neighbors.
type selection struct {
	buffer []uint64
	left   []uint64  // candidates not decided yet, nearest first
	slots  []uint32  // their slots
	scores []float32 // their distances to the neighbor chosen last
	chosen []uint32
}

// selectNeighbors picks at most most of the candidates, which are sorted by their distance to a
// node, as that node's neighbors: each is nearer to the node than to any neighbor picked
// before (Malkov and Yashunin's Algorithm 4), so that they lie in different directions.
// It sets the query of the searcher elsewhere and returns memory of its own.
func (w *searcher) selectNeighbors(candidates []uint64, most int) []uint32 {
	c := &w.selection
	c.buffer = append(c.buffer[:0], candidates...)
	c.left = c.buffer
	base := w.Base // aiming elsewhere changes it
	c.chosen = c.chosen[:0]
	for len(c.left) > 0 && len(c.chosen) < most {
		slot := entrySlot(c.left[0])
		c.chosen = append(c.chosen, slot)
		c.left = c.left[1:]
		if len(c.chosen) < most {
			w.dismiss(slot, base)
		}
	}
	return c.chosen
}

// dismiss drops the candidates left that are nearer to slot than to the node, whose
// distances lack base.
func (w *searcher) dismiss(slot uint32, base float32) {
	c := &w.selection
	n := len(c.left)
	if n == 0 {
		return
	}
	c.slots = c.slots[:0]
	for _, e := range c.left {
		c.slots = append(c.slots, entrySlot(e))
	}
	c.slots = grow(c.slots, n+simd.GroupRows)[:n]
	c.scores = grow(c.scores, n+simd.GroupRows)
	w.SetQueryTo(w.v, slot)
	w.Score(w.v, c.slots, c.scores, nil)
	kept := c.left[:0]
	for i, e := range c.left {
		if !(c.scores[i]+w.Base < entryDistance(e)+base) {
			kept = append(kept, e)
		}
	}
	c.left = kept
}

// grow returns s with a length of at least n.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		larger := make([]T, n+n/2)
		copy(larger, s)
		return larger
	}
	return s[:max(len(s), n)]
}
