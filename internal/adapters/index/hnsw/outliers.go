package hnsw

import (
	"iter"
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

// outliers are the slots that are no nodes because their vectors are long.
type outliers struct {
	from  atomic.Uint32 // float32 bits of the squared length above which a vector is kept apart; 0: none is
	full  atomic.Bool   // one found no room; the limit has to rise
	mu    sync.Mutex    // held to write slots
	slots atomic.Pointer[[]uint32]
}

const (
	// mostOutliers bounds what each search compares besides its walk: 380 vectors of 100
	// dimensions made a search at ef 128 among 20,000 17 % longer (medians of 3).
	mostOutliers = 512
	// chosenOutliers is how many of them there are when the limit is chosen.
	chosenOutliers = mostOutliers * 3 / 4
	// A vector is long if its length is this many times that of longShare of all.
	longTimes = 2
	longShare = 0.91
	// longSample is of how many vectors lengths are looked at: all, where that is quick.
	longSample = 1 << 16
)

// limit returns the squared length above which vectors are kept apart.
func (a *outliers) limit() float32 {
	if bits := a.from.Load(); bits != 0 {
		return math.Float32frombits(bits)
	}
	return math.MaxFloat32
}

// add keeps slot apart, unless there are too many already.
func (a *outliers) add(v *memory.View, slot uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	slots := a.room(v)
	if len(slots) >= mostOutliers {
		a.full.Store(true)
		return false
	}
	v.SetOutlier(slot)
	longer := append(slots, slot) // in place: who has loaded the list reads no further than before
	a.slots.Store(&longer)
	return true
}

// room returns the slots, without the removed ones if there is no room otherwise.
func (a *outliers) room(v *memory.View) []uint32 {
	slots := slotsIn(&a.slots)
	if len(slots) < mostOutliers || a.full.Load() {
		return slots
	}
	return slices.DeleteFunc(slices.Clone(slots), v.IsDeleted)
}

// keepOnly drops the slots that keep refuses.
func (a *outliers) keepOnly(keep func(uint32) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(slotsIn(&a.slots)), func(slot uint32) bool { return !keep(slot) })
	a.slots.Store(&kept)
}

// any reports whether a vector may be kept apart.
func (a *outliers) any() bool { return len(slotsIn(&a.slots)) > 0 }

// addOutlier keeps the vector in slot apart if it is long.
func (g *graph) addOutlier(v *memory.View, slot uint32, vec []float32) bool {
	return g.Metric == domain.InnerProduct && simd.Dot(vec, vec) > g.outliers.limit() && g.outliers.add(v, slot)
}

// longLimit returns the squared length above which vectors should be kept apart, for
// squares, sorted, of a share of all vectors; 0 if none is so long.
func longLimit(squares []float32, share float64) float32 {
	n := len(squares)
	limit := longTimes * longTimes * squares[int(longShare*float64(n))]
	room := int(chosenOutliers * share)
	if n > room {
		limit = max(limit, squares[n-1-room])
	}
	if squares[n-1] <= limit || limit == 0 {
		return 0
	}
	return limit
}

// liveIn yields every so-many-th slot of v, if its vector is live.
func (g *graph) liveIn(v *memory.View, step uint32) iter.Seq2[uint32, []float32] {
	return func(yield func(uint32, []float32) bool) {
		for slot := uint32(0); slot < min(g.Used(), v.Len()); slot += step {
			if v.ID(slot) != 0 && !v.IsDeleted(slot) && !yield(slot, g.Floats(v, slot)) {
				return
			}
		}
	}
}

// lengths returns the squared lengths of live vectors, evenly spread, and of what share of
// all.
func (g *graph) lengths(v *memory.View) (squares []float32, share float64) {
	step := g.Used()/longSample + 1
	for _, vec := range g.liveIn(v, step) {
		squares = append(squares, simd.Dot(vec, vec))
	}
	return squares, 1 / float64(step)
}

// limitLengths chooses again which vectors are kept apart, from now on.
func (g *graph) limitLengths(v *memory.View) {
	squares, share := g.lengths(v)
	if len(squares) == 0 {
		return
	}
	slices.Sort(squares)
	limit := longLimit(squares, share)
	if g.outliers.full.Swap(false) && limit > 0 {
		limit = max(limit, g.limitOfFull(v)) // a sample may not say so
	}
	g.outliers.from.Store(math.Float32bits(limit))
}

// limitOfFull returns a squared length that chosenOutliers of those kept apart exceed.
func (g *graph) limitOfFull(v *memory.View) float32 {
	var squares []float32
	for _, slot := range slotsIn(&g.outliers.slots) {
		if slot < v.Len() && !v.IsDeleted(slot) {
			vec := g.Floats(v, slot)
			squares = append(squares, simd.Dot(vec, vec))
		}
	}
	if len(squares) <= chosenOutliers {
		return 0
	}
	slices.Sort(squares)
	return squares[len(squares)-chosenOutliers-1]
}

// misplaced returns the ids of vectors that are kept apart and need not be, or the other
// way round.
func (g *graph) misplaced(v *memory.View) []int64 {
	var ids []int64
	limit := g.outliers.limit()
	for slot, vec := range g.liveIn(v, 1) {
		if (simd.Dot(vec, vec) > limit) != v.IsOutlier(slot) {
			ids = append(ids, v.ID(slot))
		}
	}
	return ids
}

// radiusFor returns the squared radius that suits vectors of a squared length up to limit;
// see bias.
func (g *graph) radiusFor(v *memory.View, limit float32) float32 {
	squares, _ := g.lengths(v)
	var longest float32
	for _, square := range squares {
		if square <= limit {
			longest = max(longest, square)
		}
	}
	return longest / 2
}

// levelLengths chooses the squared radius by the first vectors that come. It stays until
// the graph is made again, as the biases of the rows depend on it.
func (g *graph) levelLengths(vecs [][]float32) {
	if g.Metric != domain.InnerProduct || g.Radius.Load() != 0 {
		return
	}
	squares := make([]float32, len(vecs))
	for i, vec := range vecs {
		squares[i] = simd.Dot(vec, vec)
	}
	slices.Sort(squares)
	longest := squares[len(squares)-1]
	if limit := longLimit(squares, 1); limit > 0 {
		at, _ := slices.BinarySearch(squares, limit)
		longest = squares[max(at-1, 0)]
	}
	g.Radius.CompareAndSwap(0, math.Float32bits(longest/2))
}
