package repair

import "github.com/memista/memista/internal/adapters/index/hnsw/memory"

// MendThenAdopt chooses the list of slot, which has one neighbor, so many times, and then
// looks for a parent of it by a walk.
func (w *Work) MendThenAdopt(slot uint32, mends int) {
	w.Forget()
	list := w.G.List(w.V, slot, 0)
	memory.SetLinks(list, list[:1])
	for range mends {
		w.repairList(slot, 0)
	}
	w.attachFar(slot)
}
