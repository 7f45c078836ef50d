package build

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// selection is the working memory of a choice of neighbors.
type selection struct {
	buffer []uint64
	left   []uint64  // candidates not decided yet, nearest first
	slots  []uint32  // their slots
	scores []float32 // their distances to the neighbor chosen last
	chosen []uint32
}

// selectNeighbors picks at most most of the candidates, which are sorted by their distance to
// a node, as that node's neighbors: each is nearer to the node than to any neighbor picked
// before (Malkov and Yashunin's Algorithm 4), so that they lie in different directions.
// It changes the query and returns memory of b.
func (b *Builder) selectNeighbors(candidates []uint64, most int) []uint32 {
	c := &b.selection
	c.buffer = append(c.buffer[:0], candidates...)
	c.left = c.buffer
	base := b.Base // another query changes it
	c.chosen = c.chosen[:0]
	for len(c.left) > 0 && len(c.chosen) < most {
		slot := walk.SlotOf(c.left[0])
		c.chosen = append(c.chosen, slot)
		c.left = c.left[1:]
		if len(c.chosen) < most {
			b.dismiss(slot, base)
		}
	}
	return c.chosen
}

// dismiss drops the candidates left that are nearer to slot than to the node, whose
// distances lack base.
func (b *Builder) dismiss(slot uint32, base float32) {
	c := &b.selection
	n := len(c.left)
	if n == 0 {
		return
	}
	c.slots = c.slots[:0]
	for _, e := range c.left {
		c.slots = append(c.slots, walk.SlotOf(e))
	}
	c.slots = walk.Grow(c.slots, n+simd.GroupRows)[:n]
	c.scores = walk.Grow(c.scores, n+simd.GroupRows)
	b.SetQueryTo(b.V, slot)
	b.Score(b.V, c.slots, c.scores, nil)
	kept := c.left[:0]
	for i, e := range c.left {
		if !(c.scores[i]+b.Base < walk.DistanceOf(e)+base) {
			kept = append(kept, e)
		}
	}
	c.left = kept
}
