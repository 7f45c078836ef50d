package ranking

// Diverse picks k of n entries, or all if they are fewer, so that they are relevant and differ
// from each other, and returns their positions in the order of the picks: maximal marginal
// relevance, of Carbonell and Goldstein (1998). The first is the most relevant; each further
// one is that with the most of
//
//	(1 - diversity) × its relevance - diversity × the greatest of its similarities to those picked
//
// of which diversity is between 0, nothing but relevance, and 1. Among equals the earlier one
// is picked. relevance and similar have scores of the same kind. It returns false if goOn, which
// is asked before every pick, does.
func Diverse(relevance []float32, k int, diversity float64, similar func(i, j int) float32, goOn func() bool) ([]int, bool) {
	n := len(relevance)
	picks := make([]int, 0, min(k, n))
	nearest := make([]float32, n) // the greatest similarity to those picked
	picked := make([]bool, n)
	for len(picks) < cap(picks) {
		if !goOn() {
			return nil, false
		}
		best, most := -1, 0.0
		for i := range n {
			if picked[i] {
				continue
			}
			worth := float64(relevance[i])
			if len(picks) > 0 {
				worth = (1-diversity)*worth - diversity*float64(nearest[i])
			}
			if best < 0 || worth > most {
				best, most = i, worth
			}
		}
		picks, picked[best] = append(picks, best), true
		if len(picks) == cap(picks) {
			break
		}
		for i := range n {
			if picked[i] {
				continue
			}
			if s := similar(i, best); len(picks) == 1 || s > nearest[i] {
				nearest[i] = s
			}
		}
	}
	return picks, true
}
