package hnsw

import (
	"context"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/remake"
)

// compact copies the nodes of g, which must be the index's graph, into a new one without
// free slots. Adds wait; searches finish on the old one, whose memory goes when they
// have. If ctx ends before the copy is made, the old one stays.
func (ix *Index) compact(ctx context.Context, g *graph.Graph) error {
	ix.writing.Lock()
	ix.removal.begin()
	h, err := remake.Compacted(ctx, g, &ix.vacuum.steps.done)
	if err != nil {
		ix.removal.abandon()
		ix.writing.Unlock()
		return err
	}
	ix.removal.replace(ix, h)
	ix.writing.Unlock()
	ix.epochs.wait()
	_ = ix.unmap() // all that lay in a file was copied; the file is no loss
	return nil
}

// startAnew puts a graph of what is left of g in its place, when no node is: an empty one,
// or one of the vectors that were kept apart.
func (ix *Index) startAnew(g *graph.Graph) {
	ix.removal.begin()
	h := remake.Emptied(g)
	ix.addAll(h, g)
	ix.removal.replace(ix, h)
}

// succeed fills h with what g has and puts it in the place of g, unless the index is being
// closed.
func (ix *Index) succeed(g, h *graph.Graph, anew bool) bool {
	ix.writing.Lock()
	ix.removal.begin()
	if anew {
		ix.addAll(h, g)
	} else if err := remake.Copy(ix.vacuum.ctx, h, g, new(atomic.Int64)); err != nil { // it is being closed
		ix.removal.abandon()
		ix.writing.Unlock()
		return false
	}
	ix.removal.replace(ix, h)
	ix.writing.Unlock()
	ix.epochs.wait()
	_ = ix.unmap() // all that lay in a file was copied; the file is no loss
	return true
}

// addAll adds the live vectors of g to h.
func (ix *Index) addAll(h, g *graph.Graph) {
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	remake.AddAll(b, h, g)
}
