package domain

import "math"

// Distance measures a to b in float64, rounded once at the end: 1 - dot, 1 - cos, or the
// squared Euclidean distance. It is the plain reference for single pairs; indexes have
// kernels of their own. The vectors must have the same length and pass CheckVector.
func (m Metric) Distance(a, b []float32) float32 {
	var dot, aa, bb, l2 float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot += x * y
		aa += x * x
		bb += y * y
		l2 += (x - y) * (x - y)
	}
	switch m {
	case L2:
		return float32(l2)
	case Cosine:
		return float32(1 - dot/math.Sqrt(aa*bb))
	case InnerProduct:
	}
	return float32(1 - dot)
}
