package build

import (
	"slices"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// LinkTo adds a link to the list of from, a node of b.G. A full list is chosen again. It
// changes the query of b.
func (b *Builder) LinkTo(from, to uint32, level int) {
	mu := b.G.Lock(from)
	defer mu.Unlock()
	b.linkLocked(from, to, level)
}

// linkLocked is LinkTo for a caller who has locked from.
func (b *Builder) linkLocked(from, to uint32, level int) {
	list := b.G.List(b.V, from, level)
	for i := range list {
		switch atomic.LoadUint32(&list[i]) {
		case to:
			return
		case memory.None:
			atomic.StoreUint32(&list[i], to)
			return
		}
	}
	b.Slots = memory.LinksOf(list, b.Slots[:0])
	b.Slots = append(b.Slots, to)
	b.Known(b.Slots)
	memory.SetLinks(list, b.SelectAround(from, len(list), level))
}

// SelectAround picks at most most of the nodes in b.Slots as neighbors of the node in slot on
// level, on the base its parent and children before others. It returns memory of b until the
// next call, and leaves all of the nodes in b.Candidates. It changes the query of b.
func (b *Builder) SelectAround(slot uint32, most, level int) []uint32 {
	b.Scores = walk.Grow(b.Scores, len(b.Slots)+simd.GroupRows)
	b.Slots = walk.Grow(b.Slots, len(b.Slots)+simd.GroupRows)[:len(b.Slots)]
	b.SetQueryTo(b.V, slot)
	b.Score(b.V, b.Slots, b.Scores[:cap(b.Scores)], nil)
	b.Candidates.Reset(len(b.Slots))
	for i, s := range b.Slots {
		b.Candidates.Insert(walk.Entry(b.Scores[i], s))
	}
	chosen := b.selectNeighbors(b.Candidates.Entries, most)
	if level == 0 {
		chosen = b.keepTreeEdges(slot, chosen, most)
	}
	return chosen
}

// keepTreeEdges puts those of b.Slots that are the slot's parent or children back among
// the chosen, in the place of the least near ones if need be.
func (b *Builder) keepTreeEdges(slot uint32, chosen []uint32, most int) []uint32 {
	v := b.V
	parent := v.Parent(slot)
	family := func(to uint32) bool { return to == parent || v.ChildOf(to, slot) }
	last := most // chosen[last:] are of the family, or put back already
	for _, to := range b.Slots {
		if !family(to) || slices.Contains(chosen, to) {
			continue
		}
		if len(chosen) < most {
			chosen = append(chosen, to)
			continue
		}
		for last--; family(chosen[last]); {
			last--
		}
		chosen[last] = to
	}
	return chosen
}
