package hnsw

import (
	"slices"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// Every node but the root has a parent, and the two keep their links to each other when
// lists are chosen again. So the base is connected in both directions by construction;
// the choice of neighbors alone orphans nodes, above all among equal vectors.

// rooted reports whether slot is in the tree.
func (g *graph) rooted(v *memory.View, slot uint32) bool {
	return slot == g.root.Load() || v.Parent(slot) != memory.None
}

// mostChildren leaves at least half of a list to the choice of neighbors.
func (g *graph) mostChildren() int { return g.M0/2 - 1 }

// attach makes slot the child of one of its neighbors or, if none has room for a child,
// of a node below the nearest. Only nodes in the tree become parents, so the parent was
// there before the child and no circle can come about.
func (g *graph) attach(w *searcher, slot uint32, neighbors []uint32) {
	for _, to := range neighbors {
		if g.rooted(w.v, to) && g.becomeParent(w, to, slot) {
			return
		}
	}
	at := g.root.Load()
	for _, to := range neighbors {
		if g.rooted(w.v, to) {
			at = to
			break
		}
	}
	for !g.becomeParent(w, at, slot) {
		// Full: it has children, and further down someone has room.
		if child := g.someChild(w, at, slot); child != memory.None {
			at = child
		}
	}
	g.linkParent(w, slot, at)
}

// becomeParent makes child a child of parent unless parent has enough of them.
func (g *graph) becomeParent(w *searcher, parent, child uint32) bool {
	if parent == child {
		return false
	}
	mu := g.lock(parent)
	defer mu.Unlock()
	w.cover(parent)
	children := 0
	w.treeEdges = memory.LinksOf(g.List(w.v, parent, 0), w.treeEdges[:0])
	for _, to := range w.treeEdges {
		w.cover(to)
		if w.v.ChildOf(to, parent) {
			children++
		}
	}
	if children >= g.mostChildren() {
		return false
	}
	w.v.SetParent(child, parent)
	g.linkLocked(w, parent, child, 0)
	return true
}

// someChild returns a child of parent, a different one for different slots, or none.
func (g *graph) someChild(w *searcher, parent, slot uint32) uint32 {
	w.treeEdges = memory.LinksOf(g.List(w.v, parent, 0), w.treeEdges[:0])
	for i := range w.treeEdges {
		to := w.treeEdges[(i+int(slot))%len(w.treeEdges)]
		w.cover(to)
		if w.v.ChildOf(to, parent) {
			return to
		}
	}
	return memory.None
}

// linkParent makes sure that slot has a link to its parent.
func (g *graph) linkParent(w *searcher, slot, parent uint32) {
	g.linkTo(w, slot, parent, 0)
}

// cover makes sure that the view covers slot.
func (w *searcher) cover(slot uint32) {
	if slot >= w.v.Len() {
		w.v = w.g.View()
	}
}

// keepTreeEdges puts those of w.slots that are the slot's parent or children back among
// the chosen, in the place of the least near ones if need be.
func (w *searcher) keepTreeEdges(slot uint32, chosen []uint32, most int) []uint32 {
	v := w.v
	parent := v.Parent(slot)
	family := func(to uint32) bool { return to == parent || v.ChildOf(to, slot) }
	last := most // chosen[last:] are of the family, or put back already
	for _, to := range w.slots {
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
