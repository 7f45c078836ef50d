package ranking_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain/ranking"
)

func always() bool { return true }

// oracle picks as the formula says, from the beginning each time.
func oracle(relevance []float32, k int, diversity float64, similar func(i, j int) float32) (picks []int) {
	for len(picks) < min(k, len(relevance)) {
		best, most := -1, 0.0
		for i := range relevance {
			if slices.Contains(picks, i) {
				continue
			}
			worth := float64(relevance[i])
			if len(picks) > 0 {
				near := similar(i, picks[0])
				for _, j := range picks {
					near = max(near, similar(i, j))
				}
				worth = (1-diversity)*float64(relevance[i]) - diversity*float64(near)
			}
			if best < 0 || worth > most {
				best, most = i, worth
			}
		}
		picks = append(picks, best)
	}
	return picks
}

func TestDiverseAgainstTheFormula(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	differ := 0
	for range 500 {
		n := rng.IntN(40)
		relevance, matrix := make([]float32, n), make([][]float32, n)
		for i := range relevance {
			relevance[i], matrix[i] = float32(rng.IntN(9))/4-1, make([]float32, n)
			for j := range i {
				matrix[i][j] = float32(rng.IntN(9))/4 - 1
				matrix[j][i] = matrix[i][j]
			}
		}
		similar := func(i, j int) float32 { return matrix[i][j] }
		k, diversity := rng.IntN(50), float64(rng.IntN(5))/4
		want := oracle(relevance, k, diversity, similar)
		got, ok := ranking.Diverse(relevance, k, diversity, similar, always)
		if !ok || !slices.Equal(got, want) {
			t.Fatalf("Diverse(%v, %d, %v) = %v, %v; want %v", relevance, k, diversity, got, ok, want)
		}
		plain, _ := ranking.Diverse(relevance, k, 0, similar, always)
		if !slices.Equal(plain, got) {
			differ++
		}
		if len(plain) > 0 && plain[0] != got[0] {
			t.Fatalf("the first is %d; want the most relevant, %d", got[0], plain[0])
		}
	}
	if differ < 100 {
		t.Errorf("only %d of 500 lists are in another order for it", differ)
	}
}

func TestDiverseEnds(t *testing.T) {
	left := 3
	picks, ok := ranking.Diverse(make([]float32, 9), 9, 1, func(int, int) float32 { return 0 }, func() bool { left--; return left >= 0 })
	if ok || picks != nil {
		t.Errorf("Diverse = %v, %v; want it to end", picks, ok)
	}
}

func TestDiverseComparesNothingAfterTheLastPick(t *testing.T) {
	asked := 0
	ranking.Diverse(make([]float32, 9), 2, 1, func(int, int) float32 { asked++; return 0 }, always)
	if asked != 8 {
		t.Errorf("%d similarities were asked for; want those to the first pick, 8", asked)
	}
}
