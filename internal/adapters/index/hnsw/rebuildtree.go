package hnsw

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/repair"
)

// rebuildTree gives g a start, and its nodes a tree, without the removed ones. It returns
// false if no node is left, after putting an empty graph in the place of g. Adds wait
// until it is done.
func (ix *Index) rebuildTree(g *graph.Graph, removed memory.Set) bool {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	r := repair.New(b, g, removed)
	defer r.End()
	if !r.Restart() {
		ix.startAnew(g)
		return false
	}
	r.RepairLate()
	r.Regrow()
	r.ForgetCopies()
	return true
}

// rerootTree makes the tree of g again when the repairing was cut short: lists that are
// repaired do not lead to removed nodes any more, below which others may be. Of the removed
// ones those stay in the tree that are still linked to.
func (ix *Index) rerootTree(g *graph.Graph, removed memory.Set) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	r := repair.New(b, g, removed)
	defer r.End()
	if r.Restart() { // else nothing is left that searches have to reach
		r.Regrow()
	}
}
