package hnsw

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// searcher is what one goroutine needs to walk over a graph. It is kept and used again,
// so that walks allocate nothing.
type searcher struct {
	rows.Scorer
	g          *graph
	v          *memory.View
	seen       []uint64 // one bit per slot
	candidates candidates
	slots      []uint32  // a list of slots to score,
	scores     []float32 // and what they score
	ids        []int64   // allowed ones, some at a time
	visited    int
	scored     int
	selection  selection
	near       [memory.MaxLevel + 1][]uint32 // neighbors chosen for a new node, by level
	treeEdges  []uint32
	around     []uint32
	results    []domain.Neighbor
	best       candidates // of what was unfolded
	unit       []float32  // a vector brought to length one
	rest       []float32  // what is left of one, see coding

	// of the search under way
	since     uint32 // the graph's clock when it began
	replacing bool   // whether a vector was being replaced then
}

// begin readies w for walks over g.
func (w *searcher) begin(g *graph) {
	w.g = g
	w.Scorer.Init(&g.Store)
	w.v = g.View()
	w.visited, w.scored = 0, 0
	w.makeRoom()
}

// makeRoom makes sure that a list can be collected and scored.
func (w *searcher) makeRoom() {
	if width := 2*w.g.M0 + simd.GroupRows; cap(w.slots) < width || cap(w.scores) < width {
		w.slots, w.scores = make([]uint32, width), make([]float32, width)
	}
}

// end lets go of the graph.
func (w *searcher) end() { w.v = nil }

// forget makes all nodes unseen.
func (w *searcher) forget() {
	words := int(w.v.Len()+63) / 64
	if cap(w.seen) < words {
		w.seen = make([]uint64, words+words/4)
	}
	w.seen = w.seen[:words]
	clear(w.seen)
}

// refresh takes the graph's present view: a slot beyond the one at hand was met.
func (w *searcher) refresh() {
	w.v = w.g.View()
	for len(w.seen) < int(w.v.Len()+63)/64 {
		w.seen = append(w.seen, 0)
	}
}

// one returns the distance to slot.
func (w *searcher) one(slot uint32) float32 {
	w.slots = w.slots[:1]
	w.slots[0] = slot
	w.Score(w.v, w.slots, w.scores[:cap(w.scores)], nil)
	w.scored++
	return w.scores[0]
}

// descend follows the nearest links from slot on the levels from top down to, and not
// including, level, and returns the nearest node found.
func (w *searcher) descend(slot uint32, top, level int) (uint32, float32) {
	best := w.one(slot)
	for l := top; l > level; l-- {
		for moved := true; moved; {
			moved = false
			w.slots = memory.LinksOf(w.g.List(w.v, slot, l), w.slots[:0])
			w.visited++
			w.scored += len(w.slots)
			w.known(w.slots)
			w.Score(w.v, w.slots, w.scores[:cap(w.scores)], nil)
			for i, s := range w.slots {
				if w.scores[i] < best {
					best, slot, moved = w.scores[i], s, true
				}
			}
		}
	}
	return slot, best
}

// known makes sure that the view covers all of slots.
func (w *searcher) known(slots []uint32) {
	end := w.v.Len()
	for _, s := range slots {
		if s >= end {
			w.v = w.g.View()
			return
		}
	}
}

// searchLayer fills the list of candidates with the ef nodes nearest to the vector asked for that a walk from
// slot over the links of level meets.
func (w *searcher) searchLayer(slot uint32, distance float32, level, ef int) {
	w.forget()
	if slot >= w.v.Len() {
		w.refresh()
	}
	w.candidates.reset(ef)
	w.visit(slot)
	w.candidates.insert(entryOf(distance, slot))
	for at := 0; at < len(w.candidates.entries); {
		e := w.candidates.entries[at]
		if e&followed != 0 {
			at++
			continue
		}
		w.candidates.entries[at] = e | followed
		w.collect(w.g.List(w.v, entrySlot(e), level))
		w.visited++
		at = min(at+1, w.take(w.ahead(at+1, level)))
	}
}

// visit marks slot and reports whether it was not marked before.
func (w *searcher) visit(slot uint32) bool {
	word, bit := &w.seen[slot/64], uint64(1)<<(slot%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// collect puts the nodes in list that were not seen yet into w.slots.
func (w *searcher) collect(list []uint32) {
	slots := w.slots[:cap(w.slots)]
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
	w.slots = slots[:n]
}

// ahead returns where the links of the candidates' entry i lie, or nil.
func (w *searcher) ahead(i, level int) unsafe.Pointer {
	if level > 0 || i >= len(w.candidates.entries) {
		return nil
	}
	return w.g.Base(w.v, entrySlot(w.candidates.entries[i]))
}

// take scores w.slots, keeps in the list of candidates what is near enough, and returns the first
// place of the list of candidates that changed.
func (w *searcher) take(next unsafe.Pointer) int {
	w.scored += len(w.slots)
	scores := w.scores[:cap(w.scores)]
	w.Score(w.v, w.slots, scores, next)
	first := math.MaxInt
	bound := w.candidates.bound()
	for i, slot := range w.slots {
		if e := entryOf(scores[i], slot); e < bound {
			first = min(first, w.candidates.insert(e))
			bound = w.candidates.bound()
		}
	}
	return first
}
