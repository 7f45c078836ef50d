package rows

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/domain"
)

// set chooses what is made of the value and the bias that a kernel computes, for
// building: the query is a row with the given scale and biases.
func (s *Scorer) set(scale float32, b rowBias) {
	r := s.rows
	s.Base, s.level = 0, 0
	switch {
	case r.Metric != domain.InnerProduct && r.Kind == memory.KindF32:
		s.gather.Set(r.RowLayout, 1, 0)
	case r.Metric != domain.InnerProduct:
		s.Base = b.square
		s.gather.Set(r.RowLayout, -2*scale, 1)
	case r.axis != nil && r.Kind != memory.KindF32:
		s.level = b.level
		s.gather.Set(r.RowLayout, -scale, -b.along)
	default:
		s.gather.Set(r.RowLayout, -scale, -b.level)
	}
}

// setCodedQuery makes s score vec as its row would be scored.
func (s *Scorer) setCodedQuery(vec []float32) {
	r := s.rows
	rest := s.query[:r.Dims]
	b := rowBias{level: r.bias(vec), along: r.Residual(vec, rest)}
	if r.Kind == memory.KindBF16 {
		for i, x := range rest {
			y := fromBF16(toBF16(x))
			rest[i] = y
			b.square += y * y
		}
		s.set(1, b)
		return
	}
	scale := CodeScale(rest)
	inverse := invert(scale)
	sum := 0
	for i, x := range rest {
		c := roundHalf(x * inverse)
		s.codes[i] = int16(c)
		sum += int(c * c)
	}
	b.square = squareOf(sum, scale)
	s.set(scale, b)
}

// The codes of a query have 16 bits. Kernels add up in 32, so the sum of their magnitudes
// times 127 must stay below 1<<31, whatever the rounding.
const (
	finest    = math.MaxInt16
	finestSum = math.MaxInt32/127 - domain.MaxDims
)

// setFineQuery makes s score vec, of which little or nothing is rounded, for searching.
func (s *Scorer) setFineQuery(vec []float32) {
	r := s.rows
	rest := s.query[:r.Dims]
	along := r.Residual(vec, rest)
	scale := float32(1)
	if r.Kind == memory.KindI8 {
		var largest, sum float32
		for _, x := range rest {
			x = max(x, -x)
			largest = max(largest, x)
			sum += x
		}
		scale = max(largest/finest, sum/finestSum)
		inverse := invert(scale)
		for i, x := range rest {
			s.codes[i] = int16(roundHalf(x * inverse))
		}
	}
	s.Base, s.level = 0, 0
	if r.Metric == domain.InnerProduct {
		s.gather.Set(r.RowLayout, -scale, -along)
	} else {
		s.gather.Set(r.RowLayout, -2*scale, 1)
	}
}
