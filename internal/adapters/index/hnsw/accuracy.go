package hnsw

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// accuracy is how well rows rank neighbors: of every so many nodes that are added, what
// the walk has found is ranked by the originals too. It is about the codes alone; what a
// walk does not meet does not count.
type accuracy struct {
	wanted, kept atomic.Int64 // in the present round
	copies       atomic.Int64 // of nodes that are not equal to them, which rank nothing
	coarse       atomic.Bool  // the last round was not good enough
}

const (
	sampleEach = 8  // nodes added for one that is looked at
	sampleK    = 10 // the nearest that must be among those compared by their originals
	sampleLast = 640
	// keptEnough is the share that has to be among them. Word vectors, generated
	// embeddings and gaussian vectors of 32 to 768 dimensions have 1.000.
	keptEnough = 0.995
)

// sample looks at what the walk for a new node has found as if it had been a search. The
// searcher has to be given its query again afterwards, but for what choose makes of its base.
func (g *graph) sample(w *searcher, slot uint32, vec []float32, found []uint64) {
	most := g.Rescored(sampleK)
	if g.Kind == memory.KindF32 || slot%sampleEach != 0 || len(found) < 4*most {
		return
	}
	n, base := len(found), w.Base
	w.slots = grow(w.slots, n+simd.GroupRows)[:0]
	for _, e := range found {
		w.slots = append(w.slots, entrySlot(e))
	}
	w.scores = grow(w.scores, n+simd.GroupRows)
	w.SetQuery(vec, false)
	w.Score(w.v, w.slots, w.scores, nil)
	coded := append([]float32(nil), w.scores[:n]...)
	w.SetFullQuery(vec)
	w.ScoreFull(w.v, w.slots, w.scores)
	exact := w.scores[:n]
	last, lastCoded := nth(exact, sampleK-1), nth(coded, most-1)
	kept := 0
	for i, score := range exact {
		if score <= last && coded[i] <= lastCoded {
			kept++
		}
	}
	w.slots, w.Base = w.slots[:0], base
	g.accuracy.note(min(kept, sampleK))
}

// nth returns what would be at i if scores were sorted.
func nth(scores []float32, i int) float32 {
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	return sorted[i]
}

// note adds one sample and ends a round when there are enough.
func (a *accuracy) note(kept int) {
	all := a.kept.Add(int64(kept))
	if wanted := a.wanted.Add(sampleK); wanted >= sampleLast && a.wanted.CompareAndSwap(wanted, 0) {
		a.kept.Store(0)
		a.copies.Store(0)
		if float64(all) < keptEnough*float64(wanted) {
			a.coarse.Store(true)
		}
	}
}

// noteCopy notes a vector that rows cannot tell from another one. A few are no harm; if it
// is more than every fourth, rows may be what makes them the same.
func (a *accuracy) noteCopy() {
	const many = 32
	if n := a.copies.Add(1); n >= many && a.copies.CompareAndSwap(n, 0) && a.wanted.Load() < 3*many*sampleK {
		a.coarse.Store(true)
	}
}

// centreSample is how many vectors a centre is the mean of, at most.
const centreSample = 1024

// sampled returns the slots of live vectors spread evenly over the graph, without those
// that are kept apart.
func (g *graph) sampled(v *memory.View) []uint32 {
	n := g.Used()
	step := max(1, n/centreSample)
	var slots []uint32
	for slot := uint32(0); slot < n; slot += step {
		if !v.IsDeleted(slot) && v.ID(slot) != 0 && !v.IsOutlier(slot) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// findCommon returns what the vectors in slots have in common, for codingOf: their mean or,
// under ip, the direction that most of them lie along, whichever way they point.
func (g *graph) findCommon(v *memory.View, slots []uint32) []float32 {
	if g.Metric != domain.InnerProduct {
		return g.weighted(v, slots, func([]float32) float32 { return 1 / float32(len(slots)) })
	}
	axis := append([]float32(nil), g.Floats(v, slots[0])...)
	for range axisRounds {
		if !unit(axis) {
			return nil
		}
		axis = g.weighted(v, slots, func(vec []float32) float32 {
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
func (g *graph) weighted(v *memory.View, slots []uint32, weight func([]float32) float32) []float32 {
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
func (g *graph) coarseness(v *memory.View, slots []uint32, c rows.Coding) float64 {
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
func (g *graph) better() (kind string, c rows.Coding, worth bool) {
	if g.Kind == memory.KindF32 {
		return g.Kind, rows.Coding{}, false
	}
	v := g.View()
	slots := g.sampled(v)
	if len(slots) == 0 {
		return g.Kind, g.Coding, false
	}
	c = rows.NewCoding(g.Metric, g.findCommon(v, slots))
	before, after := g.coarseness(v, slots, g.Coding), g.coarseness(v, slots, c)
	enough := float64(finerEnough)
	if g.Metric == domain.InnerProduct && g.Common() == nil {
		enough = finerEnoughIP
	}
	coarse := g.accuracy.coarse.Load()
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
