package hnsw

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/ports"
)

// tending is the background work on a graph: removed nodes are taken out of the lists
// of others and their slots used again, and a graph that has become much smaller is
// copied together. It runs when enough was removed, on a goroutine that Close ends.
type tending struct {
	mu     sync.Mutex // held by whatever must not see the graph change its slots
	steps  steps      // of the work under way; changed under mu
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	state  sync.Mutex // guards all below
	busy   bool
	closed bool
	began  func(ports.Upkeep) func(error) // nil: nobody watches
	putOff int64                          // removed nodes there were when the work was canceled
}

// steps is how far the work is: every slot is looked at to mend its lists, to plant it
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

func (t *tending) init() { t.ctx, t.cancel = context.WithCancel(context.Background()) }

func (t *tending) stop() {
	t.state.Lock()
	t.closed = true
	t.state.Unlock()
	t.cancel()
	t.done.Wait()
}

// A graph is tended once an eighth of its nodes, and so many, were removed: up to then
// walks keep an eighth more nodes to make up for them.
const (
	tendShare = 8
	tendLeast = 256
)

// tendDue reports whether that many were removed, or such as are in the way, besides the
// putOff that have to wait.
func (g *graph) tendDue(putOff int64) bool {
	gone, live := g.gone.Load(), g.live.Load()
	fresh := gone - putOff
	return fresh > 0 && g.tendSoon.Load() || fresh >= tendLeast && fresh*tendShare >= live+gone || fresh > 0 && live == 0
}

// compactDue reports whether more than a quarter of the slots are free: adds that come
// faster than removed nodes are mended make new slots, and would otherwise keep them.
func (g *graph) compactDue() bool {
	g.alloc.Lock()
	defer g.alloc.Unlock()
	return len(g.free) >= 4*tendLeast && 4*len(g.free) > int(g.n.Load())
}

// Watch implements ports.Upkept.
func (ix *Index) Watch(began func(ports.Upkeep) (ended func(error))) {
	t := &ix.tending
	t.state.Lock()
	defer t.state.Unlock()
	t.began = began
}

// tendIfDue starts the work unless it is not due or under way.
func (ix *Index) tendIfDue() {
	t := &ix.tending
	g := ix.graph.Load()
	if !g.tendDue(0) {
		return
	}
	t.state.Lock()
	defer t.state.Unlock()
	if t.busy || t.closed || !g.tendDue(t.putOff) {
		return
	}
	t.busy = true
	began := t.began
	t.done.Go(func() {
		for t.ctx.Err() == nil && ix.graph.Load().tendDue(0) {
			if ix.tendTold(began) != nil {
				break // canceled or closed
			}
		}
		t.state.Lock()
		t.busy = false
		t.state.Unlock()
	})
}

// tendTold does the work once, and tells began of it.
func (ix *Index) tendTold(began func(ports.Upkeep) func(error)) error {
	t := &ix.tending
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	t.steps.begin(ix.graph.Load().n.Load())
	ended := func(error) {}
	if began != nil {
		ended = began(ports.Upkeep{Progress: t.steps.progress, Cancel: cancel})
	}
	err := ix.Tend(ctx)
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

// Tend takes all removed nodes out of the graph now, and gives memory back if much of
// it is free. The index does so by itself when enough was removed; searches and adds go
// on meanwhile.
func (ix *Index) Tend(ctx context.Context) error {
	t := &ix.tending
	t.mu.Lock()
	defer t.mu.Unlock()
	g := ix.graph.Load()
	t.steps.begin(g.n.Load())
	g.tendSoon.Store(false)
	removed, slots := g.removedSlots()
	if len(slots) > 0 {
		if err := ix.detach(ctx, g, removed, slots); err != nil {
			return err
		}
		t.steps.done.Store(int64(g.n.Load()))
		if !ix.replant(g, removed) {
			return nil // nothing is left; there is a new graph
		}
		ix.barrier()
		ix.guard.wait() // whoever stands on one of them
		g.release(slots)
		t.steps.done.Store(2 * int64(g.n.Load()))
	}
	if err := ctx.Err(); err != nil || !g.compactDue() {
		return err
	}
	return ix.compact(ctx, g)
}

// detach takes removed nodes out of the lists of the others. If it is cut short, the graph
// is one tree again, unless the index is being closed.
func (ix *Index) detach(ctx context.Context, g *graph, removed bitset, slots []uint32) error {
	ix.barrier() // whoever took one of them for a neighbor has linked to it by now
	err := ix.promoteAll(ctx, g, removed, slots)
	if err == nil {
		err = ix.mendAll(ctx, g, removed)
	}
	if err != nil && ix.tending.ctx.Err() == nil {
		ix.reroot(g, removed)
	}
	return err
}

// barrier returns when all changes of the graph that were under way have ended.
func (ix *Index) barrier() {
	ix.writing.Lock()
	ix.writing.Unlock() //nolint:staticcheck // SA2001: waiting is all that is wanted
}

// removedSlots returns the slots of removed vectors that are not free yet.
func (g *graph) removedSlots() (bitset, []uint32) {
	n := g.n.Load()
	v := g.view.Load()
	removed := newBitset(n)
	var slots []uint32
	for slot := range n {
		if v.dead(slot) && idOf(v, slot) != 0 {
			removed.add(slot)
			slots = append(slots, slot)
		}
	}
	return removed, slots
}

// includes reports whether slot is in b; slots that came later are not.
func (b bitset) includes(slot uint32) bool { return int(slot/64) < len(b) && b.has(slot) }

// mendAll takes the removed nodes out of all lists.
func (ix *Index) mendAll(ctx context.Context, g *graph, removed bitset) error {
	w := ix.walkers.Get().(*walker)
	defer ix.walkers.Put(w)
	w.begin(g)
	defer w.end()
	w.forget()
	for slot := range g.n.Load() {
		if err := ctx.Err(); err != nil {
			return err
		}
		ix.tending.steps.done.Store(int64(slot))
		w.cover(slot)
		if removed.includes(slot) || idOf(w.v, slot) == 0 {
			continue // the lists of a free slot lead anywhere, and its row may be under way
		}
		for level := range w.v.level(slot) + 1 {
			if g.touches(w, slot, level, removed) {
				ix.writing.RLock()
				g.mend(w, slot, level, removed)
				ix.writing.RUnlock()
			}
		}
	}
	return nil
}

// touches reports whether a list has a removed node in it.
func (g *graph) touches(w *walker, slot uint32, level int, removed bitset) bool {
	w.cover(slot)
	list := g.list(w.v, slot, level)
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == none {
			return false
		}
		if removed.includes(to) {
			return true
		}
	}
	return false
}

// mostCandidates bounds what a mended list is chosen from.
const mostCandidates = 400

// mend chooses a list anew from the neighbors that remain and those of the removed ones,
// through which they were reached so far.
func (g *graph) mend(w *walker, slot uint32, level int, removed bitset) {
	mu := g.lock(slot)
	defer mu.Unlock()
	list := g.list(w.v, slot, level)
	w.around = linksOf(list, w.around[:0])
	w.slots = w.slots[:0]
	w.addNew(slot, removed)
	for _, to := range w.around {
		w.addNew(to, removed)
	}
	for _, to := range w.around {
		if !removed.includes(to) {
			continue
		}
		w.cover(to)
		beyond := g.list(w.v, to, min(level, w.v.level(to)))
		for i := 0; i < len(beyond) && len(w.slots) < mostCandidates; i++ {
			next := atomic.LoadUint32(&beyond[i])
			if next == none {
				break
			}
			w.addNew(next, removed)
		}
	}
	for _, s := range w.slots {
		w.seen[s/64] = 0
	}
	w.slots = slices.Delete(w.slots, 0, 1) // slot itself went in to be seen
	setLinks(list, w.fill(w.chooseAround(slot, len(list), level), min(len(w.around)+mendExtra, len(list))))
	w.slots = w.slots[:0]
}

// mendExtra is how many links more than before a mended list gets: the nodes around it
// do not link back as they would to a new one. After replacing 30,000 word vectors three
// times recall at ef 128 was 0.9656 with it, 0.9643 without, 0.9732 in a fresh build.
const mendExtra = 4

// fill adds the nearest of the candidates in the pool to the chosen until there are as
// many as wanted: a list that has not been full yet was never chosen strictly either.
func (w *walker) fill(chosen []uint32, wanted int) []uint32 {
	for _, e := range w.pool.entries {
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
func (w *walker) addNew(slot uint32, removed bitset) {
	if removed.includes(slot) {
		return
	}
	w.cover(slot)
	for len(w.seen) < int(w.v.slots()+63)/64 {
		w.seen = append(w.seen, 0)
	}
	if w.see(slot) {
		w.slots = append(w.slots, slot)
	}
}

// release makes slots free for new vectors.
func (g *graph) release(slots []uint32) {
	v := g.view.Load()
	for _, slot := range slots {
		atomic.StoreInt64(v.id(slot), 0)
		atomic.StoreUint32(v.host(slot), none)
		g.hosts.drop(slot)
	}
	g.alloc.Lock()
	g.free = append(g.free, slots...)
	g.alloc.Unlock()
	g.gone.Add(-int64(len(slots)))
}
