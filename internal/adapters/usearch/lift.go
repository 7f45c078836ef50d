//go:build usearch && cgo

package usearch

import (
	"math"

	"github.com/memista/memista/internal/domain"
)

// lift is what makes inner products fit for a graph. A graph finds its way when near
// means near for every pair of vectors; with inner products long vectors are near to all
// and short ones to none, so that no link leads to them. One more component, the square
// root of what is missing to a common length, gives all stored vectors that length:
// among them the inner product then orders as the distance does, and a query, which has
// zero there, sees the same inner products as before.
type lift struct {
	square float64 // of the common length; 0 until the first vector
	most   float64 // the largest squared length seen
}

// lifted reports whether vectors of the plan have the component more.
func (p *plan) lifted() bool { return p.Metric == domain.InnerProduct }

// choose sets the common length before the first vectors are stored. Few vectors say
// little of those that follow, so they leave more room for longer ones; room costs
// nothing but a little precision of the links.
func (l *lift) choose(vectors [][]float32) {
	if l.square != 0 {
		return
	}
	for _, v := range vectors {
		l.square = max(l.square, squareOf(v))
	}
	if len(vectors) < 100 {
		l.square *= 9
		return
	}
	l.square *= 1.5
}

// raise sets the component more of a row and reports whether the row is too long for it.
func (l *lift) raise(row []float32, dims int) bool {
	square := squareOf(row[:dims])
	l.most = max(l.most, square)
	row[dims] = float32(math.Sqrt(max(0, l.square-square)))
	return square > l.square
}

func squareOf(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}
