package hnsw

import "context"

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

// StepsDone is how many steps of tending are done.
func (ix *Index) StepsDone() int64 { return ix.tending.steps.done.Load() }
