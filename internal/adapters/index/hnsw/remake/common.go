package remake

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// centreSample is how many vectors a centre is the mean of, at most.
const centreSample = 1024

// sample returns the slots of live vectors spread evenly over the graph, without those
// that are kept apart.
func sample(g *graph.Graph, v *memory.View) []uint32 {
	var slots []uint32
	for slot := range liveIn(g, v, max(1, g.Used()/centreSample)) {
		if !v.IsOutlier(slot) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// findCommon returns what the vectors in slots have in common, for rows.NewCoding: their mean
// or, under ip, the direction that most of them lie along, whichever way they point.
func findCommon(g *graph.Graph, v *memory.View, slots []uint32) []float32 {
	if g.Metric != domain.InnerProduct {
		return weighted(g, v, slots, func([]float32) float32 { return 1 / float32(len(slots)) })
	}
	axis := append([]float32(nil), g.Floats(v, slots[0])...)
	for range axisRounds {
		if !unit(axis) {
			return nil
		}
		axis = weighted(g, v, slots, func(vec []float32) float32 {
			return simd.Dot(axis, vec) / max(simd.Dot(vec, vec), math.SmallestNonzeroFloat32)
		})
	}
	if !unit(axis) {
		return nil
	}
	return axis
}

// axisRounds is how often a direction is made better: what is across it loses by the ratio
// of the squared spreads in each.
const axisRounds = 8

// weighted returns the sum of the vectors in slots, each times its weight.
func weighted(g *graph.Graph, v *memory.View, slots []uint32, weight func([]float32) float32) []float32 {
	sums := make([]float64, g.Dims)
	for _, slot := range slots {
		vec := g.Floats(v, slot)
		by := float64(weight(vec))
		for i, x := range vec {
			sums[i] += by * float64(x)
		}
	}
	sum := make([]float32, g.Dims)
	for i, x := range sums {
		sum[i] = float32(x)
	}
	return sum
}

// unit brings vec to length one, and reports whether it has a direction.
func unit(vec []float32) bool {
	if square := simd.Dot(vec, vec); !(square > 1e-30 && square < 1e30) {
		return false
	}
	rows.Normalise(vec, vec)
	return true
}

// coarseness is the mean square of the step of codes under c, or of what stands for it in
// halves, which are as exact as they are large.
func coarseness(g *graph.Graph, v *memory.View, slots []uint32, c rows.Coding) float64 {
	rest := make([]float32, g.Dims)
	sum := 0.0
	for _, slot := range slots {
		c.Residual(g.Floats(v, slot), rest)
		step := float64(rows.CodeScale(rest))
		sum += step * step
	}
	return sum / float64(len(slots))
}

// A new coding must make codes so much finer (their squared step smaller): what it costs
// is a copy of the graph, and under ip a little more for every vector added.
const (
	finerEnough   = 1.2
	finerEnoughIP = 2
	finerMuch     = 4 // for it to be a remedy of codes that are too coarse
)

// better returns the kind and the coding with which the rows of g would be made best
// today, and whether it is worth making them again.
func better(g *graph.Graph) (kind string, c rows.Coding, worth bool) {
	if g.Kind == memory.KindF32 {
		return g.Kind, rows.Coding{}, false
	}
	v := g.View()
	slots := sample(g, v)
	if len(slots) == 0 {
		return g.Kind, g.Coding, false
	}
	c = rows.NewCoding(g.Metric, findCommon(g, v, slots))
	before, after := coarseness(g, v, slots, g.Coding), coarseness(g, v, slots, c)
	enough := float64(finerEnough)
	if g.Metric == domain.InnerProduct && g.Common() == nil {
		enough = finerEnoughIP
	}
	coarse := g.Accuracy.Coarse.Load()
	if coarse {
		enough = finerMuch
	}
	switch {
	case before > enough*after:
		return g.Kind, c, true
	case coarse:
		return memory.KindF32, rows.Coding{}, true
	}
	return g.Kind, g.Coding, false
}
