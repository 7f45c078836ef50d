package hnsw

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// rebuildTree gives g a start, and its nodes a tree, without the removed ones. It returns
// false if no node is left, after putting an empty graph in the place of g. Adds wait
// until it is done.
func (ix *Index) rebuildTree(g *graph, removed memory.Set) bool {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	if !g.restart(removed) {
		ix.startAnew(g)
		return false
	}
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	w.begin(g)
	defer w.end()
	g.repairLateLinks(w, removed)
	g.growWholeTree(w, removed)
	g.forgetCopies(removed)
	g.outliers.keepOnly(func(slot uint32) bool { return !removed.Includes(slot) })
	return true
}

// startAnew puts a graph of what is left of g in its place, when no node is: an empty one,
// or one of the vectors that were kept apart.
func (ix *Index) startAnew(g *graph) {
	ix.removal.begin()
	h := newGraph(g.Asked())
	h.clock.Store(g.clock.Load())
	h.Radius.Store(math.Float32bits(g.radiusFor(g.View(), math.MaxFloat32)))
	h.rebuild(ix, g)
	ix.removal.replace(ix, h)
}

// rerootTree makes the tree of g again when the repairing was cut short: lists that are repaired
// do not lead to removed nodes any more, below which others may be. Of the removed ones
// those stay in the tree that are still linked to.
func (ix *Index) rerootTree(g *graph, removed memory.Set) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	if !g.restart(removed) {
		return // nothing is left that searches have to reach
	}
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	w.begin(g)
	defer w.end()
	g.growWholeTree(w, removed)
}

// growWholeTree makes a tree of all nodes but the removed ones.
func (g *graph) growWholeTree(w *searcher, removed memory.Set) {
	g.growTree(w)
	for rest := g.unrooted(w.v, removed); len(rest) > 0; {
		left := rest[:0]
		for _, slot := range rest {
			if !g.attachNear(w, slot) {
				left = append(left, slot)
			}
		}
		if len(left) == len(rest) { // none of them knows a node of the tree
			g.attachFar(w, left[0])
			left = left[1:]
		}
		rest = left
	}
}

// repairLateLinks takes the removed nodes out of lists that were chosen after the repairing had
// passed them: a node that was added concurrently may have become the child of one. Left
// there, it would be put again, and its slot, used for another node, would be below
// its own children.
func (g *graph) repairLateLinks(w *searcher, removed memory.Set) {
	w.forget()
	for slot := range g.Used() {
		if removed.Includes(slot) || w.v.ID(slot) == 0 {
			continue
		}
		for level := range w.v.Level(slot) + 1 {
			if g.touches(w, slot, level, removed) {
				g.repairLinks(w, slot, level, removed)
			}
		}
	}
}

// restart makes the node with the highest level the start if the present one is removed,
// and the start the root. It reports whether there is any node.
func (g *graph) restart(removed memory.Set) bool {
	start, _, _ := g.entryPoint()
	v := g.View()
	if removed.Includes(start) {
		best, level := memory.None, -1
		for slot := range g.Used() {
			if !removed.Includes(slot) && v.ID(slot) != 0 && v.Level(slot) > level && v.IsNode(slot) {
				best, level = slot, v.Level(slot)
			}
		}
		if best == memory.None {
			return false
		}
		g.setEntryPoint(best, level)
		start = best
	}
	for slot := range g.Used() {
		v.SetParent(slot, memory.None)
	}
	g.root.Store(start)
	return true
}

// growTree grows the tree from the root over the links of the base.
func (g *graph) growTree(w *searcher) {
	queue := []uint32{g.root.Load()}
	for i := 0; i < len(queue); i++ {
		parent := queue[i]
		children := 0
		for _, to := range memory.LinksOf(g.List(w.v, parent, 0), nil) {
			if children == g.mostChildren() {
				break
			}
			if g.rooted(w.v, to) {
				continue
			}
			children++
			w.v.SetParent(to, parent)
			g.linkTo(w, to, parent, 0)
			queue = append(queue, to)
		}
	}
}

// unrooted returns the nodes that are not in the tree.
func (g *graph) unrooted(v *memory.View, removed memory.Set) []uint32 {
	var rest []uint32
	for slot := range g.Used() {
		if !removed.Includes(slot) && v.ID(slot) != 0 && !g.rooted(v, slot) && v.IsNode(slot) {
			rest = append(rest, slot)
		}
	}
	return rest
}

// attachNear makes slot the child of one of its neighbors, if one is in the tree.
func (g *graph) attachNear(w *searcher, slot uint32) bool {
	near := memory.LinksOf(g.List(w.v, slot, 0), nil)
	for _, to := range near {
		if g.rooted(w.v, to) {
			g.attach(w, slot, near)
			g.linkTo(w, slot, w.v.Parent(slot), 0)
			return true
		}
	}
	return false
}

// attachFar makes slot the child of a node that a walk for its vector finds.
func (g *graph) attachFar(w *searcher, slot uint32) {
	vec := append([]float32(nil), g.Floats(w.v, slot)...)
	start, top, _ := g.entryPoint()
	g.findNeighbors(w, slot, start, top, 0, vec, false)
	near := append([]uint32(nil), w.near[0]...)
	g.attach(w, slot, near)
	for _, to := range near {
		g.linkTo(w, slot, to, 0)
		g.linkTo(w, to, slot, 0)
	}
}
