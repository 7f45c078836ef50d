package build

import "github.com/memista/memista/internal/adapters/index/hnsw/memory"

// Every node but the root has a parent, and the two keep their links to each other when
// lists are chosen again. So the base is connected in both directions by construction;
// the choice of neighbors alone orphans nodes, above all among equal vectors.

// MostChildren is how many children a node has at most: at least half of a list is left to
// the choice of neighbors.
func (b *Builder) MostChildren() int { return b.G.M0/2 - 1 }

// Attach makes slot, a node of b.G that has no parent, the child of one of its neighbors or, if none has room for a child,
// of a node below the nearest. Only nodes in the tree become parents, so the parent was
// there before the child and no circle can come about.
func (b *Builder) Attach(slot uint32, neighbors []uint32) {
	for _, to := range neighbors {
		if b.G.Rooted(b.V, to) && b.becomeParent(to, slot) {
			return
		}
	}
	at := b.G.Root.Load()
	for _, to := range neighbors {
		if b.G.Rooted(b.V, to) {
			at = to
			break
		}
	}
	for !b.becomeParent(at, slot) {
		// Full: it has children, and further down someone has room.
		if child := b.someChild(at, slot); child != memory.None {
			at = child
		}
	}
	b.LinkTo(slot, at, 0)
}

// becomeParent makes child a child of parent unless parent has enough of them.
func (b *Builder) becomeParent(parent, child uint32) bool {
	if parent == child {
		return false
	}
	mu := b.G.Lock(parent)
	defer mu.Unlock()
	b.Cover(parent)
	children := 0
	b.treeEdges = memory.LinksOf(b.G.List(b.V, parent, 0), b.treeEdges[:0])
	for _, to := range b.treeEdges {
		b.Cover(to)
		if b.V.ChildOf(to, parent) {
			children++
		}
	}
	if children >= b.MostChildren() {
		return false
	}
	b.V.SetParent(child, parent)
	b.linkLocked(parent, child, 0)
	return true
}

// someChild returns a child of parent, a different one for different slots, or none.
func (b *Builder) someChild(parent, slot uint32) uint32 {
	b.treeEdges = memory.LinksOf(b.G.List(b.V, parent, 0), b.treeEdges[:0])
	for i := range b.treeEdges {
		to := b.treeEdges[(i+int(slot))%len(b.treeEdges)]
		b.Cover(to)
		if b.V.ChildOf(to, parent) {
			return to
		}
	}
	return memory.None
}
