package hnsw

import (
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// insert makes a node of vec, which must be as the metric wants it, and links it to its
// nearest neighbors, or makes a copy of a node that is the same. It returns the slot. Any
// number of inserts run at a time.
func (g *graph) insert(w *searcher, id int64, vec []float32) uint32 {
	slot, level := g.Place()
	g.insertAt(w, slot, level, id, vec)
	return slot
}

// insertAt is insert with a slot that was placed on level.
func (g *graph) insertAt(w *searcher, slot uint32, level int, id int64, vec []float32) {
	v := g.View()
	w.rest = grow(w.rest, g.Dims)
	g.Write(v, slot, vec, w.rest[:g.Dims])
	v.SetID(slot, id)
	if !g.addOutlier(v, slot, vec) {
		g.connect(w, slot, level, vec, true)
	}
}

// connect links slot, whose lists are empty and which is in no tree, to the graph; if it
// may join a node that is the same, as a copy of that.
func (g *graph) connect(w *searcher, slot uint32, level int, vec []float32, mayJoin bool) {
	start, top, ok := g.entryPoint()
	if !ok || level > top {
		// One at a time: two nodes that both become the start would not know each other.
		g.raising.Lock()
		defer g.raising.Unlock()
		if start, top, ok = g.entryPoint(); !ok {
			g.root.Store(slot)
			g.setEntryPoint(slot, level)
			return
		}
	}
	w.begin(g)
	if host, near := g.findNeighbors(w, slot, start, top, min(level, top), vec, mayJoin); host != memory.None {
		g.join(w.v, slot, host, near)
		if near && slot%sampleEach == 0 {
			g.accuracy.noteCopy()
		}
		return
	}
	// The base comes first: who finds the node further up finds a way down from it.
	for l := 0; l <= min(level, top); l++ {
		g.link(w, slot, l, w.near[l])
	}
	if level > top {
		g.setEntryPoint(slot, level)
	}
}

// findNeighbors chooses neighbors for slot on its levels and leaves them in w.near. If
// mayJoin is set and it meets a node that slot would be a copy of, it returns that, and
// whether the two are only nearly the same.
func (g *graph) findNeighbors(w *searcher, slot, start uint32, top, level int, vec []float32, mayJoin bool) (uint32, bool) {
	w.makeRoom() // the choice of lists may have left less
	w.SetQuery(vec, true)
	near, distance := w.descend(start, top, level)
	if mayJoin {
		if host, nearly := w.hostAmong([]uint64{entryOf(distance, near)}, vec); host != memory.None {
			return host, nearly
		}
	}
	for l := level; l >= 0; l-- {
		if l < level {
			w.SetQuery(vec, true)
		}
		w.searchLayer(near, distance, l, g.EfConstruction)
		found := w.alive(slot)
		if mayJoin {
			if host, nearly := w.hostAmong(found, vec); host != memory.None {
				return host, nearly
			}
		}
		if len(found) > 0 {
			near, distance = entrySlot(found[0]), entryDistance(found[0])
		}
		if l == 0 {
			g.sample(w, slot, vec, found)
		}
		w.near[l] = append(w.near[l][:0], w.selectNeighbors(found, g.M)...)
	}
	return memory.None, false
}

// alive returns what is in the list of candidates but slot itself and removed nodes, in the list of candidates.
func (w *searcher) alive(slot uint32) []uint64 {
	kept := w.candidates.entries[:0]
	for _, e := range w.candidates.entries {
		if s := entrySlot(e); s != slot && !w.v.IsDeleted(s) {
			kept = append(kept, e)
		}
	}
	return kept
}

// link gives slot, on level, its neighbors, and slot to them.
func (g *graph) link(w *searcher, slot uint32, level int, neighbors []uint32) {
	mu := g.lock(slot)
	memory.SetLinks(g.List(w.v, slot, level), neighbors)
	mu.Unlock()
	if level == 0 {
		g.attach(w, slot, neighbors)
	}
	for _, from := range neighbors {
		g.linkTo(w, from, slot, level)
	}
}

// linkTo adds a link to the list of from. A full list is chosen again.
func (g *graph) linkTo(w *searcher, from, to uint32, level int) {
	mu := g.lock(from)
	defer mu.Unlock()
	g.linkLocked(w, from, to, level)
}

// linkLocked is linkTo for a caller who has locked from.
func (g *graph) linkLocked(w *searcher, from, to uint32, level int) {
	list := g.List(w.v, from, level)
	for i := range list {
		switch atomic.LoadUint32(&list[i]) {
		case to:
			return
		case memory.None:
			atomic.StoreUint32(&list[i], to)
			return
		}
	}
	w.slots = memory.LinksOf(list, w.slots[:0])
	w.slots = append(w.slots, to)
	w.known(w.slots)
	memory.SetLinks(list, w.selectAround(from, len(list), level))
}

// selectAround picks at most most of the nodes in w.slots as neighbors of the node in
// slot on level. It returns memory of its own.
func (w *searcher) selectAround(slot uint32, most, level int) []uint32 {
	w.scores = grow(w.scores, len(w.slots)+simd.GroupRows)
	w.slots = grow(w.slots, len(w.slots)+simd.GroupRows)[:len(w.slots)]
	w.SetQueryTo(w.v, slot)
	w.Score(w.v, w.slots, w.scores[:cap(w.scores)], nil)
	w.candidates.reset(len(w.slots))
	for i, s := range w.slots {
		w.candidates.insert(entryOf(w.scores[i], s))
	}
	chosen := w.selectNeighbors(w.candidates.entries, most)
	if level == 0 {
		chosen = w.keepTreeEdges(slot, chosen, most)
	}
	return chosen
}
