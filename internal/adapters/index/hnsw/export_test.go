package hnsw

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// WhileHeld calls fn while work on the whole graph keeps adds waiting.
func (ix *Index) WhileHeld(fn func()) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	fn()
}

// CompactAround compacts the graph and calls fn when the copy is made but not yet used.
func (ix *Index) CompactAround(fn func()) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	ix.removal.begin()
	h, err := ix.graph.Load().compacted(context.Background(), new(steps))
	if err != nil {
		panic(err)
	}
	fn()
	ix.removal.replace(ix, h)
}

// RelinkAround links the vector of id again. It calls read when that was read but is not
// linked, and linked before it takes the place of itself.
func (ix *Index) RelinkAround(id int64, read, linked func()) bool {
	m := ix.beginMove(id)
	defer ix.writing.RUnlock()
	read()
	if m == nil {
		return false
	}
	w := new(searcher)
	m.graph.insertAt(w, m.to, m.level, id, m.vec)
	w.end()
	linked()
	return ix.removal.endMove(m)
}

// StepsDone is how many steps of vacuuming are done.
func (ix *Index) StepsDone() int64 { return ix.vacuum.steps.done.Load() }

// Apart returns how many slots of ix are kept apart.
func Apart(ix *Index) int { return len(slotsIn(&ix.graph.Load().outliers.slots)) }

// MendThenAdopt chooses the list of a node with one neighbor so many times, and then looks
// for a parent of it by a walk.
func MendThenAdopt(ix *Index, mends int) {
	g := ix.graph.Load()
	w := new(searcher)
	w.begin(g)
	w.forget()
	list := g.List(w.v, 5, 0)
	memory.SetLinks(list, list[:1])
	for range mends {
		g.repairLinks(w, 5, 0, memory.NewSet(g.Used()))
	}
	g.attachFar(w, 5)
}

// InOrderOf keeps the slots 0, 1, … of the given distances as a scan does, and returns them
// from the nearest on.
func InOrderOf(distances []float32) []uint32 {
	var c candidates
	c.reset(len(distances))
	for slot, d := range distances {
		c.insertAfter(entryOf(d, uint32(slot)))
	}
	slots := make([]uint32, len(distances))
	for i, e := range c.entries {
		slots[i] = entrySlot(e)
	}
	return slots
}
