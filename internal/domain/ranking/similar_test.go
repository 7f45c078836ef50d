package ranking_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/ranking"
)

// TestSimilaritiesAreScores compares with the score that one vector has in a search near the
// other, at all lengths of the loop's end and at the bounds of what a metric takes.
func TestSimilaritiesAreScores(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, m := range domain.Metrics {
		for dims := 1; dims < 40; dims++ {
			for _, scale := range []float64{1, 1e-16, 1e17} {
				vectors := make([][]float32, 6)
				longest := 0.0
				for i := range vectors {
					vectors[i] = make([]float32, dims)
					sum := 0.0
					for j := range vectors[i] {
						vectors[i][j] = float32(scale * (rng.NormFloat64() + 0.1))
						sum += float64(vectors[i][j]) * float64(vectors[i][j])
					}
					longest = max(longest, sum)
					if err := m.CheckVector(vectors[i]); err != nil {
						t.Fatal(err)
					}
				}
				similar := ranking.Similarities(m, vectors)
				for i := range vectors {
					for j := range vectors {
						want := float64(m.Score(m.Distance(vectors[i], vectors[j])))
						within := 1e-5
						if m == domain.InnerProduct {
							within = 1e-6 + 1e-6*longest
						}
						if got := float64(similar(i, j)); !(math.Abs(got-want) <= within) || similar(j, i) != similar(i, j) {
							t.Fatalf("%s, %d dims × %g: similar(%d, %d) = %v; want %v, and the same the other way round", m, dims, scale, i, j, got, want)
						}
					}
				}
			}
		}
	}
}
