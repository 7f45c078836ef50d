package hnsw

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/remake"
)

// reviewIfDue makes the rows of the graph again, if that is due and worth it. It puts it
// off while other work on the whole graph is under way.
func (ix *Index) reviewIfDue() {
	if !ix.graph.Load().ReviewDue() || !ix.vacuum.mu.TryLock() {
		return
	}
	g := ix.graph.Load()
	var poor []int64
	if g.ReviewDue() {
		poor = ix.reviewed(g)
	}
	ix.vacuum.mu.Unlock()
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	for _, id := range poor {
		if ix.vacuum.ctx.Err() != nil {
			return // the index is being closed
		}
		ix.relink(b, id)
	}
	if len(poor) > 0 {
		ix.vacuumIfDue()
	}
}

// reviewed makes the rows of g again if that is worth it, and returns the ids of vectors
// that should be linked again.
func (ix *Index) reviewed(g *graph.Graph) []int64 {
	h, anew, poor := remake.Review(g)
	if h != nil && !ix.succeed(g, h, anew) {
		return nil
	}
	return poor
}
