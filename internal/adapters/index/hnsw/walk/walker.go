package walk

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// Walker is what one goroutine needs to walk over a graph. Its zero value is ready to use.
// It is kept and used again, so that walks allocate nothing.
type Walker struct {
	rows.Scorer
	G          *graph.Graph
	V          *memory.View // taken anew where a slot beyond it is met
	Candidates Candidates
	Slots      []uint32  // a list of slots to score,
	Scores     []float32 // and what they score
	Visited    int       // nodes whose links were followed, since Begin
	Scored     int       // vectors that were compared
	Omit       uint32    // a slot that no walk comes to, where none begins; Begin makes it none
	seen       []uint64  // one bit per slot
}

// Begin readies w for walks over g as it is now.
func (w *Walker) Begin(g *graph.Graph) {
	w.G = g
	w.Scorer.Init(&g.Store)
	w.V = g.View()
	w.Visited, w.Scored, w.Omit = 0, 0, memory.None
	w.MakeRoom()
}

// MakeRoom makes sure that there is room for a list of links in w.Slots and w.Scores.
func (w *Walker) MakeRoom() {
	if width := 2*w.G.M0 + simd.GroupRows; cap(w.Slots) < width || cap(w.Scores) < width {
		w.Slots, w.Scores = make([]uint32, width), make([]float32, width)
	}
}

// End lets go of the memory of the graph.
func (w *Walker) End() { w.V = nil }

// Forget makes all slots unmarked.
func (w *Walker) Forget() {
	words := int(w.V.Len()+63) / 64
	if cap(w.seen) < words {
		w.seen = make([]uint64, words+words/4)
	}
	w.seen = w.seen[:words]
	clear(w.seen)
}

// refresh takes the graph's present view: a slot beyond the one at hand was met.
func (w *Walker) refresh() {
	w.V = w.G.View()
	for len(w.seen) < int(w.V.Len()+63)/64 {
		w.seen = append(w.seen, 0)
	}
}

// Known makes sure that w.V covers all of slots.
func (w *Walker) Known(slots []uint32) {
	end := w.V.Len()
	for _, s := range slots {
		if s >= end {
			w.V = w.G.View()
			return
		}
	}
}

// Cover makes sure that w.V covers slot.
func (w *Walker) Cover(slot uint32) {
	if slot >= w.V.Len() {
		w.V = w.G.View()
	}
}

// visit marks slot and reports whether it was not marked before.
func (w *Walker) visit(slot uint32) bool {
	word, bit := &w.seen[slot/64], uint64(1)<<(slot%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// Meet marks slot, which may be newer than the view, and reports whether it was not marked
// before. SearchLayer marks what it meets.
func (w *Walker) Meet(slot uint32) bool {
	w.Cover(slot)
	for len(w.seen) < int(w.V.Len()+63)/64 {
		w.seen = append(w.seen, 0)
	}
	return w.visit(slot)
}

// Unmeet unmarks slot, which was met, and may unmark others.
func (w *Walker) Unmeet(slot uint32) { w.seen[slot/64] = 0 }

// Grow returns s, or a copy of it, with a length of at least n.
func Grow[T any](s []T, n int) []T {
	if cap(s) < n {
		larger := make([]T, n+n/2)
		copy(larger, s)
		return larger
	}
	return s[:max(len(s), n)]
}
