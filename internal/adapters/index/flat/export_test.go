package flat

// HoldWriter runs f while the writer's lock is held, as if a long Add went on.
func (ix *Index) HoldWriter(f func()) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	f()
}

// MinDead is how many dead slots are never a reason to compact.
const MinDead = minDead

// Places returns the block and row of the first n slots of an index of dims, and the
// rows that these blocks have.
func Places(dims, n int) (places [][2]int, rows []int) {
	st := newStore(dims)
	for slot := range uint32(n) {
		b, row := st.locate(slot)
		places = append(places, [2]int{b, row})
		if b == len(rows) {
			rows = append(rows, st.rows(b))
		}
	}
	return places, rows
}
