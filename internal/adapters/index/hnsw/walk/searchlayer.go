package walk

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// one returns the distance to slot.
func (w *Walker) one(slot uint32) float32 {
	w.Slots = w.Slots[:1]
	w.Slots[0] = slot
	w.Score(w.V, w.Slots, w.Scores[:cap(w.Scores)], nil)
	w.Scored++
	return w.Scores[0]
}

// Descend follows the nearest links from slot on the levels from top down to, and not
// including, level, and returns the nearest node found with its distance.
func (w *Walker) Descend(slot uint32, top, level int) (uint32, float32) {
	best := w.one(slot)
	for l := top; l > level; l-- {
		for moved := true; moved; {
			moved = false
			w.Slots = memory.LinksOf(w.G.List(w.V, slot, l), w.Slots[:0])
			w.Visited++
			w.Scored += len(w.Slots)
			w.Known(w.Slots)
			w.Score(w.V, w.Slots, w.Scores[:cap(w.Scores)], nil)
			for i, s := range w.Slots {
				if w.Scores[i] < best && s != w.Omit {
					best, slot, moved = w.Scores[i], s, true
				}
			}
		}
	}
	return slot, best
}

// SearchLayer leaves in w.Candidates the ef nodes nearest to the query that a walk over the
// links of level meets, from slot on, which has the given distance (Malkov and Yashunin's
// Algorithm 2). Removed nodes are among them.
func (w *Walker) SearchLayer(slot uint32, distance float32, level, ef int) {
	w.Forget()
	if slot >= w.V.Len() {
		w.refresh()
	}
	w.Candidates.Reset(ef)
	if w.Omit < w.V.Len() {
		w.visit(w.Omit)
	}
	w.visit(slot)
	w.Candidates.Insert(Entry(distance, slot))
	for at := 0; at < len(w.Candidates.Entries); {
		e := w.Candidates.Entries[at]
		if e&followed != 0 {
			at++
			continue
		}
		w.Candidates.Entries[at] = e | followed
		w.collect(w.G.List(w.V, SlotOf(e), level))
		w.Visited++
		at = min(at+1, w.take(w.ahead(at+1, level)))
	}
}

// collect puts the nodes in list that were not seen yet into w.Slots.
func (w *Walker) collect(list []uint32) {
	slots := w.Slots[:cap(w.Slots)]
	n := 0
	for i := range list {
		slot := atomic.LoadUint32(&list[i])
		if slot == memory.None {
			break
		}
		word := int(slot / 64)
		if word >= len(w.seen) {
			w.refresh()
		}
		seen := w.seen[word]
		bit := uint64(1) << (slot % 64)
		slots[n] = slot
		if seen&bit == 0 {
			n++
		}
		w.seen[word] = seen | bit
	}
	w.Slots = slots[:n]
}

// ahead returns where the links of the candidates' entry i lie, or nil.
func (w *Walker) ahead(i, level int) unsafe.Pointer {
	if level > 0 || i >= len(w.Candidates.Entries) {
		return nil
	}
	return w.G.Base(w.V, SlotOf(w.Candidates.Entries[i]))
}

// take scores w.Slots, keeps among the candidates what is near enough, and returns the first
// place that changed.
func (w *Walker) take(next unsafe.Pointer) int {
	w.Scored += len(w.Slots)
	scores := w.Scores[:cap(w.Scores)]
	w.Score(w.V, w.Slots, scores, next)
	first := math.MaxInt
	bound := w.Candidates.Bound()
	for i, slot := range w.Slots {
		if e := Entry(scores[i], slot); e < bound {
			first = min(first, w.Candidates.Insert(e))
			bound = w.Candidates.Bound()
		}
	}
	return first
}
