package hnsw

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
	h := ix.graph.Load().compacted()
	fn()
	ix.removal.replace(ix, h)
}
