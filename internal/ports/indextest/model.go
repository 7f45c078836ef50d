package indextest

import (
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// model is an index that is too simple to be wrong: a map, searched by brute force in
// float64.
type model struct {
	metric  domain.Metric
	vectors map[int64][]float32
}

func newModel(m domain.Metric) *model {
	return &model{metric: m, vectors: make(map[int64][]float32)}
}

func (m *model) add(ids []int64, vectors [][]float32) {
	for i, id := range ids {
		m.vectors[id] = slices.Clone(vectors[i])
	}
}

func (m *model) remove(ids []int64) int {
	n := 0
	for _, id := range ids {
		if _, ok := m.vectors[id]; ok {
			delete(m.vectors, id)
			n++
		}
	}
	return n
}

// allowed counts the live ids in set; nil allows all.
func (m *model) allowed(allow ports.IDSet) int {
	if allow == nil {
		return len(m.vectors)
	}
	n := 0
	for id := range allow.All() {
		if _, ok := m.vectors[id]; ok {
			n++
		}
	}
	return n
}

// ids returns the live ids in ascending order.
func (m *model) ids() []int64 {
	ids := make([]int64, 0, len(m.vectors))
	for id := range m.vectors {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// nearest returns the true answer to q.
func (m *model) nearest(q ports.Query) []domain.Neighbor {
	all := make([]domain.Neighbor, 0, len(m.vectors))
	for id, v := range m.vectors {
		if q.Allow == nil || q.Allow.Contains(id) {
			all = append(all, domain.Neighbor{ID: id, Distance: float32(distance(m.metric, q.Vector, v))})
		}
	}
	slices.SortFunc(all, compare)
	return all[:min(q.K, len(all))]
}

func compare(a, b domain.Neighbor) int {
	if a.Less(b) {
		return -1
	}
	if b.Less(a) {
		return 1
	}
	return 0
}

// recall returns the share of truth that hits found; a hit as near as the last true
// neighbor counts, for among equals any one is right.
func (m *model) recall(q ports.Query, hits, truth []domain.Neighbor) float64 {
	if len(truth) == 0 {
		return 1
	}
	last := truth[len(truth)-1]
	bound := float64(last.Distance) + tolerance(m.metric, q.Vector, m.vectors[last.ID])
	found := 0
	for _, h := range hits {
		if v, ok := m.vectors[h.ID]; ok && distance(m.metric, q.Vector, v) <= bound {
			found++
		}
	}
	return min(1, float64(found)/float64(len(truth)))
}

// distance is the definition of the metrics, in float64.
func distance(m domain.Metric, a, b []float32) float64 {
	var dot, aa, bb, l2 float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot += x * y
		aa += x * x
		bb += y * y
		l2 += (x - y) * (x - y)
	}
	switch m {
	case domain.L2:
		return l2
	case domain.Cosine:
		return 1 - dot/math.Sqrt(aa*bb)
	case domain.InnerProduct:
		return 1 - dot
	}
	panic("unknown metric " + string(m))
}

// tolerance is how far a distance of a and b computed in float32 may be off: rounding
// of each of its terms, which are as large as the product of the lengths.
func tolerance(m domain.Metric, a, b []float32) float64 {
	var aa, bb float64
	for i := range a {
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	const eps = 2e-6
	switch m {
	case domain.L2:
		return eps*(aa+bb) + math.SmallestNonzeroFloat32*float64(len(a))
	case domain.Cosine:
		return eps
	default:
		return eps * (1 + math.Sqrt(aa*bb))
	}
}
