package repair

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
)

// Work is the repairing of a graph after removals. It belongs to one goroutine, which uses its
// builder for nothing else meanwhile.
type Work struct {
	*build.Builder
	removed memory.Set
	around  []uint32
}

// New begins work on g with b; the caller calls End. Slots in removed are of vectors that
// were removed before; those that are removed later stay as they are.
func New(b *build.Builder, g *graph.Graph, removed memory.Set) *Work {
	b.Begin(g)
	return &Work{Builder: b, removed: removed}
}

// RepairAll takes the removed nodes out of all lists. It holds writing for each change, so
// that adds go on beside it, and says in done how many slots it has looked at. It returns the
// error of ctx if that ends before.
func (w *Work) RepairAll(ctx context.Context, writing sync.Locker, done *atomic.Int64) error {
	w.Begin(w.G)
	defer w.End()
	w.Forget()
	for slot := range w.G.Used() {
		if err := ctx.Err(); err != nil {
			return err
		}
		done.Store(int64(slot))
		w.Cover(slot)
		if w.removed.Includes(slot) || w.V.ID(slot) == 0 {
			continue // the lists of a free slot lead anywhere, and its row may be under way
		}
		for level := range w.V.Level(slot) + 1 {
			if w.touches(slot, level) {
				writing.Lock()
				w.repairList(slot, level)
				writing.Unlock()
			}
		}
	}
	return nil
}

// RepairLate takes the removed nodes out of lists that were chosen after RepairAll had
// passed them: a node that was added concurrently may have become the child of one. Left
// there, it would be put again, and its slot, used for another node, would be below
// its own children. Adds wait until it is done.
func (w *Work) RepairLate() {
	w.Forget()
	for slot := range w.G.Used() {
		if w.removed.Includes(slot) || w.V.ID(slot) == 0 {
			continue
		}
		for level := range w.V.Level(slot) + 1 {
			if w.touches(slot, level) {
				w.repairList(slot, level)
			}
		}
	}
}

// touches reports whether a list has a removed node in it.
func (w *Work) touches(slot uint32, level int) bool {
	w.Cover(slot)
	list := w.G.List(w.V, slot, level)
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == memory.None {
			return false
		}
		if w.removed.Includes(to) {
			return true
		}
	}
	return false
}

// mostCandidates bounds what a repaired list is chosen from.
const mostCandidates = 400

// repairList chooses a list again from the neighbors that remain and those of the removed
// ones, through which they were reached so far.
func (w *Work) repairList(slot uint32, level int) {
	mu := w.G.Lock(slot)
	defer mu.Unlock()
	list := w.G.List(w.V, slot, level)
	w.around = memory.LinksOf(list, w.around[:0])
	w.Slots = w.Slots[:0]
	w.addNew(slot)
	for _, to := range w.around {
		w.addNew(to)
	}
	for _, to := range w.around {
		if !w.removed.Includes(to) {
			continue
		}
		w.Cover(to)
		beyond := w.G.List(w.V, to, min(level, w.V.Level(to)))
		for i := 0; i < len(beyond) && len(w.Slots) < mostCandidates; i++ {
			next := atomic.LoadUint32(&beyond[i])
			if next == memory.None {
				break
			}
			w.addNew(next)
		}
	}
	for _, s := range w.Slots {
		w.Unmeet(s)
	}
	w.Slots = slices.Delete(w.Slots, 0, 1) // slot itself went in to be seen
	memory.SetLinks(list, w.fill(w.SelectAround(slot, len(list), level), min(len(w.around)+repairExtra, len(list))))
	w.Slots = w.Slots[:0]
}

// repairExtra is how many links more than before a repaired list gets: the nodes around it
// do not link back as they would to a new one. After replacing 30,000 word vectors three
// times recall at ef 128 was 0.9656 with it, 0.9643 without, 0.9732 in a fresh build.
const repairExtra = 4

// fill adds the nearest of the candidates to the chosen until there are as many as wanted: a
// list that has not been full yet was never chosen strictly either.
func (w *Work) fill(chosen []uint32, wanted int) []uint32 {
	for _, e := range w.Candidates.Entries {
		if len(chosen) >= wanted {
			break
		}
		if to := walk.SlotOf(e); !slices.Contains(chosen, to) {
			chosen = append(chosen, to)
		}
	}
	return chosen
}

// addNew appends slot to w.Slots if it is not there and not removed.
func (w *Work) addNew(slot uint32) {
	if !w.removed.Includes(slot) && w.Meet(slot) {
		w.Slots = append(w.Slots, slot)
	}
}
