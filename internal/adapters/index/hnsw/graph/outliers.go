package graph

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// Under ip a few vectors that are much longer than the others are the nearest to nearly
// every node in their half of the space. In the graph they would fill the lists of
// neighbors, and walks would end at them. So they are kept apart: such a slot has no links,
// and every search compares its vector exactly.

// Outliers are the slots that are no nodes because their vectors are long. The zero value is
// none. It is safe for concurrent use.
type Outliers struct {
	From atomic.Uint32 // float32 bits of the squared length above which a vector is kept apart; 0: none is
	Full atomic.Bool   // one found no room; the limit has to rise
	mu   sync.Mutex    // held to write slots
	list atomic.Pointer[[]uint32]
}

const (
	// MostOutliers bounds what each search compares besides its walk: 380 vectors of 100
	// dimensions made a search at ef 128 among 20,000 17 % longer (medians of 3).
	MostOutliers = 512
	// ChosenOutliers is how many of them there are when the limit is chosen.
	ChosenOutliers = MostOutliers * 3 / 4
	// A vector is long if its length is this many times that of longShare of all.
	longTimes = 2
	longShare = 0.91
)

// Slots returns the slots that are kept apart. The caller does not change it.
func (a *Outliers) Slots() []uint32 { return slotsIn(&a.list) }

// Limit returns the squared length above which vectors are kept apart: the largest number
// if none is.
func (a *Outliers) Limit() float32 {
	if bits := a.From.Load(); bits != 0 {
		return math.Float32frombits(bits)
	}
	return math.MaxFloat32
}

// add keeps slot apart, unless there are too many already.
func (a *Outliers) add(v *memory.View, slot uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	slots := a.room(v)
	if len(slots) >= MostOutliers {
		a.Full.Store(true)
		return false
	}
	v.SetOutlier(slot)
	longer := append(slots, slot) // in place: who has loaded the list reads no further than before
	a.list.Store(&longer)
	return true
}

// room returns the slots, without the removed ones if there is no room otherwise.
func (a *Outliers) room(v *memory.View) []uint32 {
	slots := a.Slots()
	if len(slots) < MostOutliers || a.Full.Load() {
		return slots
	}
	return slices.DeleteFunc(slices.Clone(slots), v.IsDeleted)
}

// KeepOnly drops the slots that keep refuses. It does not change what these say.
func (a *Outliers) KeepOnly(keep func(uint32) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(a.Slots()), func(slot uint32) bool { return !keep(slot) })
	a.list.Store(&kept)
}

// Any reports whether there is such a slot.
func (a *Outliers) Any() bool { return len(a.Slots()) > 0 }

// AddOutlier keeps slot, which v covers and whose vector is vec, apart if that is long, and
// reports whether it does.
func (g *Graph) AddOutlier(v *memory.View, slot uint32, vec []float32) bool {
	return g.Metric == domain.InnerProduct && simd.Dot(vec, vec) > g.Outliers.Limit() && g.Outliers.add(v, slot)
}

// LongLimit returns the squared length above which vectors should be kept apart, for the
// squared lengths, sorted and at least one, of a share of all vectors; 0 if none is so long.
func LongLimit(squares []float32, share float64) float32 {
	n := len(squares)
	limit := longTimes * longTimes * squares[int(longShare*float64(n))]
	room := int(ChosenOutliers * share)
	if n > room {
		limit = max(limit, squares[n-1-room])
	}
	if squares[n-1] <= limit || limit == 0 {
		return 0
	}
	return limit
}

// LevelLengths chooses the squared radius by vecs, the first vectors that come, at least one;
// see rows.Store. It stays until the graph is made again, as the rows depend on it.
func (g *Graph) LevelLengths(vecs [][]float32) {
	if g.Metric != domain.InnerProduct || g.Radius.Load() != 0 {
		return
	}
	squares := make([]float32, len(vecs))
	for i, vec := range vecs {
		squares[i] = simd.Dot(vec, vec)
	}
	slices.Sort(squares)
	longest := squares[len(squares)-1]
	if limit := LongLimit(squares, 1); limit > 0 {
		at, _ := slices.BinarySearch(squares, limit)
		longest = squares[max(at-1, 0)]
	}
	g.Radius.CompareAndSwap(0, math.Float32bits(longest/2))
}
