package tiered

import "unsafe"

// Tombstones is the set of what is to leave a graph.
type Tombstones struct{ set *tombstones }

// With returns t with one id more, and t stays as it is.
func (t Tombstones) With(id int64) Tombstones {
	return Tombstones{t.set.with(map[int64]struct{}{id: {}})}
}

// Has reports whether id is in t.
func (t Tombstones) Has(id int64) bool { return t.set.has(id) }

// Layers is how many sets a look-up asks.
func (t Tombstones) Layers() int { return len(t.set.layers) }

// PendingBytes is what a vector takes in the queue of what the graph lacks.
const PendingBytes = unsafe.Sizeof(pendingAdd{})
