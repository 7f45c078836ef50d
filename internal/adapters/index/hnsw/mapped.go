package hnsw

// unmap lets go of the file. No slab of it may be in use any more.
func (ix *Index) unmap() error {
	if f := ix.mapped.Swap(nil); f != nil {
		return f.Close()
	}
	return nil
}
