package domain_test

import (
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
