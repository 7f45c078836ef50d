package hnsw

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/repair"
	"github.com/memista/memista/internal/ports"
)

// vacuuming is the background work on a graph: removed nodes are taken out of the lists
// of others and their slots used again, and a graph that has become much smaller is
// copied together. It runs when enough was removed, on a goroutine that Close ends.
type vacuuming struct {
	mu     sync.Mutex // held by whatever must not see the graph change its slots
	steps  steps      // of the work under way; changed under mu
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	state  sync.Mutex // guards all below
	busy   bool
	closed bool
	began  func(ports.Task) func(error) // nil: no one watches
	putOff int64                        // removed nodes there were when the work was canceled
}

// steps is how far the work is: every slot is looked at to repair its lists, to put it
// in the tree, and to copy it if the graph is copied together.
type steps struct{ done, total atomic.Int64 }

func (s *steps) begin(slots uint32) {
	s.done.Store(0)
	s.total.Store(3 * int64(slots))
}

func (s *steps) progress() (done, total int64) {
	total = s.total.Load()
	return min(s.done.Load(), total), total
}

func (t *vacuuming) init() { t.ctx, t.cancel = context.WithCancel(context.Background()) }

func (t *vacuuming) stop() {
	t.state.Lock()
	t.closed = true
	t.state.Unlock()
	t.cancel()
	t.done.Wait()
}

// A graph is vacuumed once an eighth of its nodes, and so many, were removed: up to then
// walks keep an eighth more nodes to make up for them.
const (
	vacuumShare = 8
	vacuumLeast = 256
)

// vacuumDue reports whether that many were removed, or such as are in the way, besides the
// putOff that have to wait.
func vacuumDue(g *graph.Graph, putOff int64) bool {
	gone, live := g.Gone.Load(), g.Live.Load()
	fresh := gone - putOff
	return fresh > 0 && g.VacuumSoon.Load() || fresh >= vacuumLeast && fresh*vacuumShare >= live+gone || fresh > 0 && live == 0
}

// compactDue reports whether more than a quarter of the slots are free: adds that come
// faster than removed nodes are repaired make new slots, and would otherwise keep them.
func compactDue(g *graph.Graph) bool {
	free, used := g.Gaps()
	return free >= 4*vacuumLeast && 4*free > used
}

// OnTask implements ports.Maintainer.
func (ix *Index) OnTask(began func(ports.Task) (ended func(error))) {
	t := &ix.vacuum
	t.state.Lock()
	defer t.state.Unlock()
	t.began = began
}

// vacuumIfDue starts the work unless it is not due or under way.
func (ix *Index) vacuumIfDue() {
	t := &ix.vacuum
	g := ix.graph.Load()
	if !vacuumDue(g, 0) {
		return
	}
	t.state.Lock()
	defer t.state.Unlock()
	if t.busy || t.closed || !vacuumDue(g, t.putOff) {
		return
	}
	t.busy = true
	began := t.began
	t.done.Go(func() {
		for t.ctx.Err() == nil && vacuumDue(ix.graph.Load(), 0) {
			if ix.vacuumWatched(began) != nil {
				break // canceled or closed
			}
		}
		t.state.Lock()
		t.busy = false
		t.state.Unlock()
	})
}

// vacuumWatched does the work once, and tells began of it.
func (ix *Index) vacuumWatched(began func(ports.Task) func(error)) error {
	t := &ix.vacuum
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	t.steps.begin(ix.graph.Load().Used())
	ended := func(error) {}
	if began != nil {
		ended = began(ports.Task{Progress: t.steps.progress, Cancel: cancel})
	}
	err := ix.Vacuum(ctx)
	putOff := int64(0)
	if err != nil {
		putOff = ix.graph.Load().Gone.Load()
	}
	t.state.Lock()
	t.putOff = putOff
	t.state.Unlock()
	ended(err)
	return err
}

// Vacuum takes all removed nodes out of the graph now, and gives memory back if much of
// it is free. The index does so by itself when enough was removed; searches and adds go
// on beside it.
func (ix *Index) Vacuum(ctx context.Context) error {
	t := &ix.vacuum
	t.mu.Lock()
	defer t.mu.Unlock()
	g := ix.graph.Load()
	t.steps.begin(g.Used())
	g.VacuumSoon.Store(false)
	removed, slots := g.RemovedSlots()
	if len(slots) > 0 {
		if err := ix.detach(ctx, g, removed, slots); err != nil {
			return err
		}
		t.steps.done.Store(int64(g.Used()))
		if !ix.rebuildTree(g, removed) {
			return nil // nothing is left; there is a new graph
		}
		ix.barrier()
		ix.epochs.wait() // whoever reads one of them
		g.Release(slots)
		t.steps.done.Store(2 * int64(g.Used()))
	}
	if err := ctx.Err(); err != nil || !compactDue(g) {
		return err
	}
	return ix.compact(ctx, g)
}

// detach takes removed nodes out of the lists of the others. If it is cut short, the graph
// is one tree again, unless the index is being closed.
func (ix *Index) detach(ctx context.Context, g *graph.Graph, removed memory.Set, slots []uint32) error {
	ix.barrier() // whoever took one of them for a neighbor has linked to it by now
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	r := repair.New(b, g, removed)
	defer r.End()
	err := r.PromoteCopies(ctx, ix.writing.RLocker(), slots)
	if err == nil {
		err = r.RepairAll(ctx, ix.writing.RLocker(), &ix.vacuum.steps.done)
	}
	if err != nil && ix.vacuum.ctx.Err() == nil {
		ix.rerootTree(g, removed)
	}
	return err
}

// barrier returns when all changes of the graph that were under way have ended.
func (ix *Index) barrier() {
	ix.writing.Lock()
	ix.writing.Unlock() //nolint:staticcheck // SA2001: waiting is all that is wanted
}
