package rows

import (
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// A row of the kinds i8 and bf16 holds what is left of its vector when what all have in
// common is taken away, so that codes tell vectors in a narrow cone, or far from the
// origin, apart. Under l2 and cosine that is the mean of the data, the centre: distances
// stay the same, and cosine ranks vectors of length one as l2 does. Under ip it is the
// part along one direction, the axis: q·x is the product of the coordinates along it, of
// which the row's is kept as a float32 behind it, and the product of what is left.

// Coding says how rows stand for vectors. It never changes in one graph.
type Coding struct {
	centre []float32 // nil: the origin, which it is under ip
	axis   []float32 // of length one; nil: there is none, nor is there under l2 and cosine
}

// NewCoding returns the coding that takes common away: the axis, of length one, under ip,
// else the centre. It keeps common; nil stands for nothing, as in the zero value.
func NewCoding(metric domain.Metric, common []float32) Coding {
	if metric == domain.InnerProduct {
		return Coding{axis: common}
	}
	return Coding{centre: common}
}

// Common returns what NewCoding was given: nil if that is nothing.
func (c *Coding) Common() []float32 {
	if c.axis != nil {
		return c.axis
	}
	return c.centre
}

// Residual writes what is left of vec to out, of as many components, and returns its
// coordinate along the axis, or 0 if there is none.
func (c *Coding) Residual(vec, out []float32) (along float32) {
	switch {
	case c.axis != nil:
		along = simd.Dot(c.axis, vec)
		for i, x := range vec {
			out[i] = x - along*c.axis[i]
		}
	case c.centre != nil:
		for i, x := range vec {
			out[i] = x - c.centre[i]
		}
	default:
		copy(out, vec)
	}
	return along
}
