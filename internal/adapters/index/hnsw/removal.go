package hnsw

import (
	"sync"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// removal orders removals, replacements, and the change from one graph to another. They are
// not held up by work on the whole graph, because whoever removes rows waits for them.
type removal struct {
	mu      sync.Mutex      // guards all below, and changes of Index.graph
	copying bool            // the graph is being copied
	late    []int64         // removed since the copying began
	moves   map[int64]*move // vectors that are being linked again, by id
}

// remove takes id out of the graph and reports whether it was there. Whatever is at work
// on the graph finds the node still linked, and dead.
func (r *removal) remove(ix *Index, id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id < 1 || !ix.graph.Load().Remove(id) {
		return false
	}
	r.hideMoving(id)
	if r.copying {
		r.late = append(r.late, id)
	}
	return true
}

// replaceSlot maps id to slot, and hides the vector that it was mapped to.
func (r *removal) replaceSlot(g *graph.Graph, id int64, slot uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := g.ByID.Swap(id, slot); old != memory.None {
		g.MarkDeleted(old)
		r.hideMoving(id)
	}
}

// begin notes what is removed until the call of replace or abandon.
func (r *removal) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copying = true
}

// replace makes h, a copy, the graph of ix. It may have nodes that were removed while it
// was made.
func (r *removal) replace(ix *Index, h *graph.Graph) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range r.late {
		h.Remove(id) // unless it was copied as a dead one
	}
	r.copying, r.late = false, nil
	ix.graph.Store(h)
}

// abandon ends what begin began, without a copy.
func (r *removal) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copying, r.late = false, nil
}
