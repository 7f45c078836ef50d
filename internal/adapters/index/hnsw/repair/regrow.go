package repair

import "github.com/memista/memista/internal/adapters/index/hnsw/memory"

// Restart makes the node with the highest level the start if the present one is removed,
// and the start the root of a tree without any other node. It reports whether there is any
// node; if not, it changes nothing. Adds wait until Regrow is done.
func (w *Work) Restart() bool {
	g, v := w.G, w.V
	start, _, _ := g.EntryPoint()
	if w.removed.Includes(start) {
		best, level := memory.None, -1
		for slot := range g.Used() {
			if !w.removed.Includes(slot) && v.ID(slot) != 0 && v.Level(slot) > level && v.IsNode(slot) {
				best, level = slot, v.Level(slot)
			}
		}
		if best == memory.None {
			return false
		}
		g.SetEntryPoint(best, level)
		start = best
	}
	for slot := range g.Used() {
		v.SetParent(slot, memory.None)
	}
	g.Root.Store(start)
	return true
}

// Regrow makes a tree of all nodes but the removed ones, from the root on. It comes after
// Restart; adds wait until it is done.
func (w *Work) Regrow() {
	w.growTree()
	for rest := w.unrooted(); len(rest) > 0; {
		left := rest[:0]
		for _, slot := range rest {
			if !w.attachNear(slot) {
				left = append(left, slot)
			}
		}
		if len(left) == len(rest) { // none of them knows a node of the tree
			w.attachFar(left[0])
			left = left[1:]
		}
		rest = left
	}
}

// growTree grows the tree from the root over the links of the base.
func (w *Work) growTree() {
	queue := []uint32{w.G.Root.Load()}
	for i := 0; i < len(queue); i++ {
		parent := queue[i]
		children := 0
		for _, to := range memory.LinksOf(w.G.List(w.V, parent, 0), nil) {
			if children == w.MostChildren() {
				break
			}
			if w.G.Rooted(w.V, to) {
				continue
			}
			children++
			w.V.SetParent(to, parent)
			w.LinkTo(to, parent, 0)
			queue = append(queue, to)
		}
	}
}

// unrooted returns the nodes that are not in the tree.
func (w *Work) unrooted() []uint32 {
	var rest []uint32
	for slot := range w.G.Used() {
		if !w.removed.Includes(slot) && w.V.ID(slot) != 0 && !w.G.Rooted(w.V, slot) && w.V.IsNode(slot) {
			rest = append(rest, slot)
		}
	}
	return rest
}

// attachNear makes slot the child of one of its neighbors, if one is in the tree.
func (w *Work) attachNear(slot uint32) bool {
	near := memory.LinksOf(w.G.List(w.V, slot, 0), nil)
	for _, to := range near {
		if w.G.Rooted(w.V, to) {
			w.Attach(slot, near)
			w.LinkTo(slot, w.V.Parent(slot), 0)
			return true
		}
	}
	return false
}

// attachFar makes slot the child of a node that a walk for its vector finds.
func (w *Work) attachFar(slot uint32) {
	near := w.Neighbors(slot)
	w.Attach(slot, near)
	for _, to := range near {
		w.LinkTo(slot, to, 0)
		w.LinkTo(to, slot, 0)
	}
}
