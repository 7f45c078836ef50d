package recall_test

import (
	"math/rand/v2"
	"testing"

	"github.com/memista/memista/internal/app/recall"
)

// draw returns the recalls of n queries for k neighbors, each of which is found with a
// probability of its query, whose mean is p. Hard queries miss most of theirs.
func draw(rng *rand.Rand, n, k int, p float64) []float64 {
	const hard = 0.1 // the share of queries that miss ten times as many as the others
	missed := (1 - p) / (hard*10 + 1 - hard)
	recalls := make([]float64, n)
	for i := range recalls {
		miss := missed
		if rng.Float64() < hard {
			miss *= 10
		}
		found := 0
		for range k {
			if rng.Float64() >= miss {
				found++
			}
		}
		recalls[i] = float64(found) / float64(k)
	}
	return recalls
}

// Of intervals of 95 %, about 95 in 100 have the true mean, whatever it is.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const seed, rounds, k = 11, 3000, 10
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, n := range []int{50, 200, 1000} {
		for _, p := range []float64{0.85, 0.9, 0.95, 0.99} {
			covered, confident := 0, 0
			for range rounds {
				_, low, high, confidence := recall.Interval(draw(rng, n, k, p), p)
				if low <= p && p <= high {
					covered++
				}
				if confidence >= 0.95 {
					confident++
				}
			}
			if share := float64(covered) / rounds; share < 0.92 || share > 0.985 {
				t.Errorf("n = %d, recall %v: %.3f of the intervals have it; want about 0.95", n, p, share)
			}
			if share := float64(confident) / rounds; share > 0.08 {
				t.Errorf("n = %d, recall %v: %.3f are sure by 0.95 that it is reached; want about 0.05", n, p, share)
			}
		}
	}
}

func TestIntervalsOfExtremes(t *testing.T) {
	all := make([]float64, 100)
	for i := range all {
		all[i] = 1
	}
	if mean, low, high, confidence := recall.Interval(all, 0.95); mean != 1 || low < 0.95 || low > 0.98 || high != 1 || confidence < 0.98 {
		t.Errorf("Interval of 100 that found all = %v, %v to %v, %v; want 1, about 0.963 to 1, sure of 0.95", mean, low, high, confidence)
	}
	if mean, low, high, _ := recall.Interval([]float64{1}, 0.5); mean != 1 || low > 0.3 || high != 1 {
		t.Errorf("Interval of one that found all = %v, %v to %v; want 1, about 0.2 to 1", mean, low, high)
	}
	if _, low, high, _ := recall.Interval(make([]float64, 100), 0.5); low != 0 || high < 0.02 || high > 0.05 {
		t.Errorf("Interval of 100 that found nothing = %v to %v; want 0 to about 0.037", low, high)
	}
	if _, _, _, confidence := recall.Interval(all, 1); confidence != 0.5 {
		t.Errorf("confidence of 1 where all was found = %v; want 0.5, for nothing can tell", confidence)
	}
	// All neighbors of a query are found or none is, so there are no more answers than queries.
	for i := range all {
		all[i] = float64(i % 2)
	}
	if _, low, high, _ := recall.Interval(all, 1); high-low < 0.18 || high-low > 0.2 {
		t.Errorf("Interval of 100 of which half found nothing = %v to %v; want a width of about 0.19", low, high)
	}
}
