package domain_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestScoreHasTheDigitsOfItsDistance(t *testing.T) {
	for _, c := range []struct{ distance, score float32 }{
		{0.89, 0.11}, {0.95, 0.05}, {0, 1}, {1, 0}, {0.4, 0.6}, {-6.25, 7.25}, {1.5, -0.5}, {0.99999, 0.00001}, {1.0000001, -1e-7}, {-2e20, 2e20},
	} {
		for _, m := range []domain.Metric{domain.InnerProduct, domain.Cosine} {
			if got := m.Score(c.distance); got != c.score {
				t.Errorf("%s.Score(%v) = %v; want %v", m, c.distance, got, c.score)
			}
		}
	}
	if got := domain.L2.Score(3); got != 0.25 {
		t.Errorf("l2.Score(3) = %v; want 0.25", got)
	}
	if got := domain.InnerProduct.Score(float32(math.Inf(1))); !math.IsInf(float64(got), -1) {
		t.Errorf("ip.Score(+Inf) = %v; want -Inf", got)
	}
}

// A score is as near to 1 - d as its distance is known, and falls as the distance grows.
func TestScoreIsNearAndInOrder(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100_000 {
		d := float32((r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(9)-5)))
		if r.IntN(2) == 0 {
			d++
		}
		next := math.Nextafter32(d, 2*d+1)
		s, t0 := domain.InnerProduct.Score(d), float64(1-float64(d))
		ulp := math.Abs(float64(next) - float64(d))
		own := math.Abs(float64(math.Nextafter32(s, 2*s+1)) - float64(s))
		if off := math.Abs(float64(s) - t0); off > (ulp+own)*0.5000001 {
			t.Fatalf("seed %d: Score(%v) = %v, which is %g off; want no more than %g", seed, d, s, off, (ulp+own)/2)
		}
		if later := domain.InnerProduct.Score(max(d, next)); later > domain.InnerProduct.Score(min(d, next)) {
			t.Fatalf("seed %d: Score(%v) = %v is above that of %v", seed, max(d, next), later, min(d, next))
		}
	}
}

func BenchmarkScore(b *testing.B) {
	distances := make([]float32, 1000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range distances {
		distances[i] = r.Float32()
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		domain.InnerProduct.Score(distances[i%1000])
		i++
	}
}

// What is refused for its length says how long it is and may be, and no more than is so.
func TestWhatIsSaidOfALength(t *testing.T) {
	for _, c := range []struct {
		metric domain.Metric
		v      []float32
		kind   error
		says   string
	}{
		{domain.Cosine, []float32{0, 0}, domain.ErrZeroVector, "embedding has length zero, which has no direction under the cosine metric"},
		{domain.Cosine, []float32{1e-20, 0}, domain.ErrZeroVector, "embedding is too short for the cosine metric: its length is 1e-20 and must be 1.08e-19 at least, or float32 would not hold its direction"},
		{domain.Cosine, []float32{1.1e-19, 0}, nil, ""},
		{domain.InnerProduct, []float32{1e-20, 0}, nil, ""},
		{domain.L2, []float32{1e19, -1e19}, domain.ErrNotFinite, "embedding is too long: its length is 1.41e+19 and may be 9.22e+18 at most, or distances would not fit into float32"},
		{domain.L2, []float32{6.5e18, -6.5e18}, nil, ""},
	} {
		err := c.metric.CheckVector(c.v)
		if !errors.Is(err, c.kind) || err != nil && err.Error() != c.says {
			t.Errorf("%s: CheckVector(%g) = %v; want %q", c.metric, c.v, err, c.says)
		}
	}
	long := []float32{6.5e18, -6.5e18}
	opposite := []float32{-6.5e18, 6.5e18}
	if d := domain.L2.Distance(long, opposite); math.IsInf(float64(d), 0) {
		t.Errorf("Distance(%g, %g) = %g; want a finite one", long, opposite, d)
	}
}
