package domain

import (
	"math"
	"strconv"
)

// Metric names how the distance between two vectors is measured.
type Metric string

// DefaultMetric is that of a new database for which none is named.
const DefaultMetric = Cosine

// The metrics memista knows.
const (
	// InnerProduct measures 1 - dot(a, b).
	InnerProduct Metric = "ip"
	// Cosine measures 1 - cos(a, b). Zero vectors are refused.
	Cosine Metric = "cosine"
	// L2 measures the squared Euclidean distance.
	L2 Metric = "l2"
)

// Metrics lists every metric.
var Metrics = [...]Metric{InnerProduct, Cosine, L2}

// ParseMetric returns the metric called name. The empty name is DefaultMetric; any other
// unknown name is an ErrInvalid.
func ParseMetric(name string) (Metric, error) {
	if name == "" {
		return DefaultMetric, nil
	}
	for _, m := range Metrics {
		if string(m) == name {
			return m, nil
		}
	}
	return "", Errorf(ErrInvalid, "unknown metric %q: use ip, cosine or l2", name)
}

// Score turns a distance (smaller is nearer) into a score (higher is better):
// the dot product for InnerProduct, the cosine for Cosine, 1/(1+d) for L2.
//
// A float32 near 1 says where a number is to within 3e-8, and 1 - d is no better known
// than d. So d is read as the shortest decimal that stands for it, as it is shown beside
// the score: 1 - 0.89 is then 0.11, where the subtraction in float32 makes up the digits
// of 0.110000014. A smaller distance still has the higher score, or an equal one where
// float32 cannot tell them apart.
func (m Metric) Score(distance float32) float32 {
	if m == L2 {
		return 1 / (1 + distance)
	}
	var digits [32]byte
	shown, err := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], float64(distance), 'g', -1, 32)), 64)
	if err != nil { // it reads what it wrote, NaN and infinities too
		return 1 - distance
	}
	return float32(1 - shown)
}

// CheckVector reports why v cannot be stored or searched under m: a NaN or infinite
// component is ErrNotFinite, a vector of length zero, or of nearly so, under Cosine is
// ErrZeroVector. A vector so long that the squared distance to another one as long can
// overflow float32 is ErrNotFinite too, for it would be infinite.
func (m Metric) CheckVector(v []float32) error {
	var sum float64
	for i, x := range v {
		f := float64(x)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return Errorf(ErrNotFinite, "embedding component %d is not a finite number", i)
		}
		sum += f * f
	}
	if sum > maxSquaredLength {
		return Errorf(ErrNotFinite, "embedding is too long: its length is %.3g and may be %.3g at most, or distances would not fit into float32", math.Sqrt(sum), math.Sqrt(maxSquaredLength))
	}
	if m != Cosine || float32(sum) >= minSquaredLength {
		return nil
	}
	if sum == 0 {
		return Errorf(ErrZeroVector, "embedding has length zero, which has no direction under the cosine metric")
	}
	return Errorf(ErrZeroVector, "embedding is too short for the cosine metric: its length is %.3g and must be %.3g at least, or float32 would not hold its direction", math.Sqrt(sum), math.Sqrt(minSquaredLength))
}

// maxSquaredLength is a quarter of the largest float32: two vectors as long, one opposite
// the other, are twice their length apart.
const maxSquaredLength = math.MaxFloat32 / 4

// minSquaredLength is the smallest squared length with a normal (not denormal) float32
// representation: below it a normalised vector would have lost its direction.
const minSquaredLength = 0x1p-126

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
