package hnsw

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
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
func (g *graph) vacuumDue(putOff int64) bool {
	gone, live := g.gone.Load(), g.live.Load()
	fresh := gone - putOff
	return fresh > 0 && g.vacuumSoon.Load() || fresh >= vacuumLeast && fresh*vacuumShare >= live+gone || fresh > 0 && live == 0
}

// compactDue reports whether more than a quarter of the slots are free: adds that come
// faster than removed nodes are repaired make new slots, and would otherwise keep them.
func (g *graph) compactDue() bool {
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
	if !g.vacuumDue(0) {
		return
	}
	t.state.Lock()
	defer t.state.Unlock()
	if t.busy || t.closed || !g.vacuumDue(t.putOff) {
		return
	}
	t.busy = true
	began := t.began
	t.done.Go(func() {
		for t.ctx.Err() == nil && ix.graph.Load().vacuumDue(0) {
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
		putOff = ix.graph.Load().gone.Load()
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
	g.vacuumSoon.Store(false)
	removed, slots := g.removedSlots()
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
		g.release(slots)
		t.steps.done.Store(2 * int64(g.Used()))
	}
	if err := ctx.Err(); err != nil || !g.compactDue() {
		return err
	}
	return ix.compact(ctx, g)
}

// detach takes removed nodes out of the lists of the others. If it is cut short, the graph
// is one tree again, unless the index is being closed.
func (ix *Index) detach(ctx context.Context, g *graph, removed memory.Set, slots []uint32) error {
	ix.barrier() // whoever took one of them for a neighbor has linked to it by now
	err := ix.promoteAll(ctx, g, removed, slots)
	if err == nil {
		err = ix.repairAllLinks(ctx, g, removed)
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

// removedSlots returns the slots of removed vectors that are not free yet.
func (g *graph) removedSlots() (memory.Set, []uint32) {
	n := g.Used()
	v := g.View()
	removed := memory.NewSet(n)
	var slots []uint32
	for slot := range n {
		if v.IsDeleted(slot) && v.ID(slot) != 0 {
			removed.Add(slot)
			slots = append(slots, slot)
		}
	}
	return removed, slots
}

// repairAllLinks takes the removed nodes out of all lists.
func (ix *Index) repairAllLinks(ctx context.Context, g *graph, removed memory.Set) error {
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	w.begin(g)
	defer w.end()
	w.forget()
	for slot := range g.Used() {
		if err := ctx.Err(); err != nil {
			return err
		}
		ix.vacuum.steps.done.Store(int64(slot))
		w.cover(slot)
		if removed.Includes(slot) || w.v.ID(slot) == 0 {
			continue // the lists of a free slot lead anywhere, and its row may be under way
		}
		for level := range w.v.Level(slot) + 1 {
			if g.touches(w, slot, level, removed) {
				ix.writing.RLock()
				g.repairLinks(w, slot, level, removed)
				ix.writing.RUnlock()
			}
		}
	}
	return nil
}

// touches reports whether a list has a removed node in it.
func (g *graph) touches(w *searcher, slot uint32, level int, removed memory.Set) bool {
	w.cover(slot)
	list := g.List(w.v, slot, level)
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == memory.None {
			return false
		}
		if removed.Includes(to) {
			return true
		}
	}
	return false
}

// mostCandidates bounds what a repaired list is chosen from.
const mostCandidates = 400

// repairLinks chooses a list again from the neighbors that remain and those of the removed ones,
// through which they were reached so far.
func (g *graph) repairLinks(w *searcher, slot uint32, level int, removed memory.Set) {
	mu := g.lock(slot)
	defer mu.Unlock()
	list := g.List(w.v, slot, level)
	w.around = memory.LinksOf(list, w.around[:0])
	w.slots = w.slots[:0]
	w.addNew(slot, removed)
	for _, to := range w.around {
		w.addNew(to, removed)
	}
	for _, to := range w.around {
		if !removed.Includes(to) {
			continue
		}
		w.cover(to)
		beyond := g.List(w.v, to, min(level, w.v.Level(to)))
		for i := 0; i < len(beyond) && len(w.slots) < mostCandidates; i++ {
			next := atomic.LoadUint32(&beyond[i])
			if next == memory.None {
				break
			}
			w.addNew(next, removed)
		}
	}
	for _, s := range w.slots {
		w.seen[s/64] = 0
	}
	w.slots = slices.Delete(w.slots, 0, 1) // slot itself went in to be seen
	memory.SetLinks(list, w.fill(w.selectAround(slot, len(list), level), min(len(w.around)+repairExtra, len(list))))
	w.slots = w.slots[:0]
}

// repairExtra is how many links more than before a repaired list gets: the nodes around it
// do not link back as they would to a new one. After replacing 30,000 word vectors three
// times recall at ef 128 was 0.9656 with it, 0.9643 without, 0.9732 in a fresh build.
const repairExtra = 4

// fill adds the nearest of the candidates in the list of candidates to the chosen until there are as
// many as wanted: a list that has not been full yet was never chosen strictly either.
func (w *searcher) fill(chosen []uint32, wanted int) []uint32 {
	for _, e := range w.candidates.entries {
		if len(chosen) >= wanted {
			break
		}
		if to := entrySlot(e); !slices.Contains(chosen, to) {
			chosen = append(chosen, to)
		}
	}
	return chosen
}

// addNew appends slot to w.slots if it is not there and not removed.
func (w *searcher) addNew(slot uint32, removed memory.Set) {
	if removed.Includes(slot) {
		return
	}
	w.cover(slot)
	for len(w.seen) < int(w.v.Len()+63)/64 {
		w.seen = append(w.seen, 0)
	}
	if w.visit(slot) {
		w.slots = append(w.slots, slot)
	}
}

// release makes slots free for new vectors.
func (g *graph) release(slots []uint32) {
	v := g.View()
	for _, slot := range slots {
		v.SetID(slot, 0)
		v.SetNode(slot)
		g.hosts.drop(slot)
	}
	g.GiveBack(slots...)
	g.gone.Add(-int64(len(slots)))
}
