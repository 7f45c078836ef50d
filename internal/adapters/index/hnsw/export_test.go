package hnsw

import (
	"context"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/remake"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
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
	h, err := remake.Compacted(context.Background(), ix.graph.Load(), new(atomic.Int64))
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
	new(build.Builder).InsertAt(m.graph, m.to, m.level, id, m.vec)
	linked()
	return ix.removal.endMove(m)
}

// StepsDone is how many steps of vacuuming are done.
func (ix *Index) StepsDone() int64 { return ix.vacuum.steps.done.Load() }

// Apart returns how many slots of ix are kept apart.
func Apart(ix *Index) int { return len(ix.graph.Load().Outliers.Slots()) }

// InOrderOf keeps the slots 0, 1, … of the given distances as a scan does, and returns them
// from the nearest on.
func InOrderOf(distances []float32) []uint32 {
	var c walk.Candidates
	c.Reset(len(distances))
	for slot, d := range distances {
		c.InsertAfter(walk.Entry(d, uint32(slot)))
	}
	slots := make([]uint32, len(distances))
	for i, e := range c.Entries {
		slots[i] = walk.SlotOf(e)
	}
	return slots
}
