package graph

import "github.com/memista/memista/internal/adapters/index/hnsw/memory"

// Remove hides the vector of id and reports whether there was one.
func (g *Graph) Remove(id int64) bool {
	slot := g.ByID.Swap(id, memory.None)
	if slot == memory.None {
		return false
	}
	g.MarkDeleted(slot)
	return true
}

// MarkDeleted hides the vector in slot from searches that begin from now on, and counts it.
func (g *Graph) MarkDeleted(slot uint32) {
	stamp := g.Clock.Add(1)
	g.View().SetDeletedAt(slot, stamp)
	g.Live.Add(-1)
	g.Gone.Add(1)
}

// RemovedSlots returns the slots of removed vectors that are not free yet, as a set and as a
// list.
func (g *Graph) RemovedSlots() (memory.Set, []uint32) {
	n := g.Used()
	v := g.View()
	removed := memory.NewSet(n)
	var slots []uint32
	for slot := range n {
		if v.IsDeleted(slot) && v.ID(slot) != 0 {
			removed.Add(slot)
			slots = append(slots, slot)
		}
	}
	return removed, slots
}

// Release makes slots, of removed vectors, free for new ones. No search may know them any
// more.
func (g *Graph) Release(slots []uint32) {
	v := g.View()
	for _, slot := range slots {
		v.SetID(slot, 0)
		v.SetNode(slot)
		g.Hosts.Drop(slot)
	}
	g.GiveBack(slots...)
	g.Gone.Add(-int64(len(slots)))
}
