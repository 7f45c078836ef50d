package hnsw

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// relink links the vector of id again, in a slot of its own, and reports whether it did: a
// vector that is removed or replaced meanwhile stays so.
func (ix *Index) relink(b *build.Builder, id int64) bool {
	m := ix.beginMove(id)
	defer ix.writing.RUnlock()
	if m == nil {
		return false
	}
	b.InsertAt(m.graph, m.to, m.level, id, m.vec)
	return ix.removal.endMove(m)
}

// move is a vector that goes from one slot of a graph to another.
type move struct {
	graph    *graph.Graph
	id       int64
	from, to uint32
	level    int // of to
	vec      []float32
}

// beginMove takes a slot for the vector of id to be linked in, and returns nil if there is
// no such vector. It locks ix.writing for reading: from is not used again, nor the graph
// replaced, until the caller releases it.
func (ix *Index) beginMove(id int64) *move {
	ix.writing.RLock()
	g := ix.graph.Load()
	if id < 1 {
		return nil
	}
	m := &move{graph: g, id: id, from: g.ByID.Slot(id)}
	if m.from == memory.None {
		return nil
	}
	m.vec = append([]float32(nil), g.Floats(g.View(), m.from)...)
	m.to, m.level = g.Place()
	if !ix.removal.beginMove(m) {
		g.GiveBack(m.to)
		return nil
	}
	return m
}

// beginMove makes removals of m.id hide m.to, too. It returns false if the vector is not
// in m.from any more, or moves already.
func (r *removal) beginMove(m *move) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, moves := r.moves[m.id]; moves || m.graph.ByID.Slot(m.id) != m.from {
		return false
	}
	if r.moves == nil {
		r.moves = make(map[int64]*move)
	}
	r.moves[m.id] = m
	m.graph.Replacing.Add(1)
	m.graph.Live.Add(1)
	return true
}

// endMove makes m.to the slot of m.id, and returns false if the vector was removed or
// replaced since beginMove.
func (r *removal) endMove(m *move) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer m.graph.Replacing.Add(-1)
	if r.moves[m.id] != m {
		return false
	}
	delete(r.moves, m.id)
	m.graph.MarkDeleted(m.graph.ByID.Swap(m.id, m.to))
	return true
}

// hideMoving hides the slot that the vector of id is moving to. The caller holds r.mu.
func (r *removal) hideMoving(id int64) {
	if m := r.moves[id]; m != nil {
		delete(r.moves, id)
		m.graph.MarkDeleted(m.to)
	}
}
