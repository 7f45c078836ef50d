package ranking

import (
	"math"

	"github.com/memista/memista/internal/domain"
)

// Similarities returns a function that says how similar two of vectors are, by their positions:
// the score that the one has in a search by m near the other, to within the rounding of float32.
// The vectors have one length and pass m.CheckVector. They are kept and must not change. The
// function is safe for concurrent use.
func Similarities(m domain.Metric, vectors [][]float32) func(i, j int) float32 {
	switch m {
	case domain.L2:
		return func(i, j int) float32 { return m.Score(squaredDistance(vectors[i], vectors[j])) }
	case domain.Cosine:
		vectors = normalized(vectors)
	case domain.InnerProduct:
	}
	return func(i, j int) float32 { return dot(vectors[i], vectors[j]) }
}

// normalized returns vectors at length 1, in memory of their own.
func normalized(vectors [][]float32) [][]float32 {
	if len(vectors) == 0 {
		return nil
	}
	dims := len(vectors[0])
	out, all := make([][]float32, len(vectors)), make([]float32, len(vectors)*dims)
	for i, v := range vectors {
		sum := 0.0 // in float64, which no component overflows
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		out[i], all = all[:dims:dims], all[dims:]
		by := 1 / math.Sqrt(sum)
		for j, x := range v {
			out[i][j] = float32(float64(x) * by)
		}
	}
	return out
}

// dot sums up in four parts, so that one addition need not wait for the one before.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 8 && len(b) >= 8 {
		x, y := (*[8]float32)(a), (*[8]float32)(b)
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s0 += x[4] * y[4]
		s1 += x[5] * y[5]
		s2 += x[6] * y[6]
		s3 += x[7] * y[7]
		a, b = a[8:], b[8:]
	}
	for i := range min(len(a), len(b)) {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// squaredDistance sums up as dot does.
func squaredDistance(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		x, y := (*[4]float32)(a), (*[4]float32)(b)
		d0, d1, d2, d3 := x[0]-y[0], x[1]-y[1], x[2]-y[2], x[3]-y[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	for i := range min(len(a), len(b)) {
		d := a[i] - b[i]
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}
