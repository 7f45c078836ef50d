package indextest_test

import (
	"iter"
	"maps"
	"math"

	"github.com/memista/memista/internal/domain"
)

// held returns v as an index holds it: at length one under cosine.
func (x *refIndex) held(v []float32) []float32 {
	sum := 1.0
	if x.set.Metric == domain.Cosine {
		sum = 0
		for _, c := range v {
			sum += float64(c) * float64(c)
		}
	}
	h := make([]float32, len(v))
	for i, c := range v {
		h[i] = float32(float64(c) / math.Sqrt(sum))
	}
	return h
}

func (x *refIndex) Vector(id int64, dst []float32) ([]float32, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	v, ok := x.vectors[id]
	return append(dst, x.held(v)...), ok
}

func (x *refIndex) All() iter.Seq2[int64, []float32] {
	x.mu.RLock()
	defer x.mu.RUnlock()
	all := maps.Clone(x.vectors)
	if x.is("reads what is written later") {
		all = x.vectors
	}
	return func(yield func(int64, []float32) bool) {
		for id, v := range all {
			if !yield(id, x.held(v)) {
				return
			}
		}
	}
}
