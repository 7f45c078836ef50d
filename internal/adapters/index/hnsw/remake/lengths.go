package remake

import (
	"iter"
	"math"
	"slices"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// measureLengths chooses again which vectors are kept apart, and returns the ids of those
// for which that changes.
func measureLengths(g *graph.Graph, v *memory.View) []int64 {
	if g.Metric != domain.InnerProduct {
		return nil
	}
	limitLengths(g, v)
	ids := misplaced(g, v)
	if len(ids) > 0 {
		g.VacuumSoon.Store(true)
	}
	return ids
}

// betterRadius returns the bits of the squared radius for g: another one if the present
// one is that of vectors that are now kept apart.
func betterRadius(g *graph.Graph, v *memory.View) uint32 {
	present := g.Radius.Load()
	if g.Metric != domain.InnerProduct {
		return present
	}
	const much = 2
	if better := radiusFor(g, v, g.Outliers.Limit()); better > 0 && math.Float32frombits(present) > much*better {
		return math.Float32bits(better)
	}
	return present
}

// liveIn yields every so-many-th slot of v, if its vector is live. Slots that came after v lie
// beyond it, so it leaves them out.
func liveIn(g *graph.Graph, v *memory.View, step uint32) iter.Seq2[uint32, []float32] {
	return func(yield func(uint32, []float32) bool) {
		for slot := uint32(0); slot < min(g.Used(), v.Len()); slot += step {
			if v.ID(slot) != 0 && !v.IsDeleted(slot) && !yield(slot, g.Floats(v, slot)) {
				return
			}
		}
	}
}

// longSample is of how many vectors lengths are looked at: all, where that is quick.
const longSample = 1 << 16

// lengths returns the squared lengths of live vectors, evenly spread, and of what share of
// all.
func lengths(g *graph.Graph, v *memory.View) (squares []float32, share float64) {
	step := g.Used()/longSample + 1
	for _, vec := range liveIn(g, v, step) {
		squares = append(squares, simd.Dot(vec, vec))
	}
	return squares, 1 / float64(step)
}

// limitLengths chooses again which vectors are kept apart, from now on.
func limitLengths(g *graph.Graph, v *memory.View) {
	squares, share := lengths(g, v)
	if len(squares) == 0 {
		return
	}
	slices.Sort(squares)
	limit := graph.LongLimit(squares, share)
	if g.Outliers.Full.Swap(false) && limit > 0 {
		limit = max(limit, limitOfFull(g, v)) // a sample may not say so
	}
	g.Outliers.From.Store(math.Float32bits(limit))
}

// limitOfFull returns a squared length that graph.ChosenOutliers of those kept apart exceed.
func limitOfFull(g *graph.Graph, v *memory.View) float32 {
	var squares []float32
	for _, slot := range g.Outliers.Slots() {
		if slot < v.Len() && !v.IsDeleted(slot) {
			vec := g.Floats(v, slot)
			squares = append(squares, simd.Dot(vec, vec))
		}
	}
	if len(squares) <= graph.ChosenOutliers {
		return 0
	}
	slices.Sort(squares)
	return squares[len(squares)-graph.ChosenOutliers-1]
}

// misplaced returns the ids of vectors that are kept apart and need not be, or the other
// way round.
func misplaced(g *graph.Graph, v *memory.View) []int64 {
	var ids []int64
	limit := g.Outliers.Limit()
	for slot, vec := range liveIn(g, v, 1) {
		if (simd.Dot(vec, vec) > limit) != v.IsOutlier(slot) {
			ids = append(ids, v.ID(slot))
		}
	}
	return ids
}

// radiusFor returns the squared radius that suits vectors of a squared length up to limit;
// see rows.Store.
func radiusFor(g *graph.Graph, v *memory.View, limit float32) float32 {
	squares, _ := lengths(g, v)
	var longest float32
	for _, square := range squares {
		if square <= limit {
			longest = max(longest, square)
		}
	}
	return longest / 2
}
