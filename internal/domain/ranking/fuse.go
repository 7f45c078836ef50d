package ranking

import (
	"cmp"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Scored is one entry of a list; a higher score is better.
type Scored struct {
	ID    int64
	Score float32
}

// Compare orders entries: best first, the lower id first among equals.
func (s Scored) Compare(t Scored) int {
	return cmp.Or(cmp.Compare(t.Score, s.Score), cmp.Compare(s.ID, t.ID))
}

// Kind names how what several lists say of an entry becomes one score.
type Kind string

// The kinds of fusion. Each adds what every list that has an entry says of it.
const (
	// ReciprocalRank adds 1/(K + rank) of each list, in which the first has rank 0 (Cormack,
	// Clarke & Büttcher, 2009, where it has rank 1); in a list of weight w that is
	// 1/((rank+1)/w + K - 1). Scores do not matter.
	ReciprocalRank Kind = "rrf"
	// Distribution adds w × score, after the scores of each list were brought to the range
	// from 0 at three standard deviations below their mean to 1 at as many above it
	// (Mazzeschi, 2023). Scores that are all the same, or alone, are 0.5.
	Distribution Kind = "dbsf"
)

// DefaultK is the K of a Method that has none, as Qdrant has it.
const DefaultK = 2

// Method says how several lists become one.
type Method struct {
	Kind    Kind
	K       float64   // of ReciprocalRank; 0: DefaultK
	Weights []float64 // of the lists, in order; those that are left out are 1
}

// Check reports why m is no method for n lists, as ErrInvalid.
func (m Method) Check(n int) error {
	switch {
	case m.Kind != ReciprocalRank && m.Kind != Distribution:
		return domain.Errorf(domain.ErrInvalid, "unknown fusion method %q: use %s or %s", m.Kind, ReciprocalRank, Distribution)
	case !(m.K >= 0 && m.K <= math.MaxInt32): // nor NaN
		return domain.Errorf(domain.ErrInvalid, "the constant k of a fusion must be above 0, got %v", m.K)
	case len(m.Weights) > n:
		return domain.Errorf(domain.ErrInvalid, "%d weights for a fusion of %d lists", len(m.Weights), n)
	}
	for _, w := range m.Weights {
		if !(w >= 0 && w <= maxWeight) {
			return domain.Errorf(domain.ErrInvalid, "weights of a fusion must be between 0 and %g, got %v", float64(maxWeight), w)
		}
	}
	return nil
}

// maxWeight keeps sums of weighted scores well inside float32.
const maxWeight = 1e6

// Fuse makes one list, best first, of lists that are best first and have each id once. It has
// every id of any list, also of one of weight 0. m is one that Check accepts; lists are left
// as they are.
func Fuse(lists [][]Scored, m Method) []Scored {
	sums := map[int64]float64{}
	var order []int64
	for i, list := range lists {
		share := m.shares(i, list)
		for rank, s := range list {
			if _, seen := sums[s.ID]; !seen {
				order = append(order, s.ID)
			}
			sums[s.ID] += share(rank)
		}
	}
	out := make([]Scored, len(order))
	for i, id := range order {
		out[i] = Scored{ID: id, Score: float32(sums[id])}
	}
	slices.SortFunc(out, Scored.Compare)
	return out
}

// shares returns what the entry at a rank of list, which is number i, adds to its score.
func (m Method) shares(i int, list []Scored) func(rank int) float64 {
	weight := 1.0
	if i < len(m.Weights) {
		weight = m.Weights[i]
	}
	if m.Kind == ReciprocalRank {
		k := cmp.Or(m.K, DefaultK)
		return func(rank int) float64 {
			if weight == 0 {
				return 0
			}
			return 1 / (float64(rank+1)/weight + k - 1)
		}
	}
	mean, deviation := spread(list)
	return func(rank int) float64 {
		if deviation == 0 {
			return weight / 2
		}
		return weight * (0.5 + (float64(list[rank].Score)-mean)/(6*deviation))
	}
}

// spread returns the mean of the scores of list and their standard deviation, as that of a
// sample.
func spread(list []Scored) (mean, deviation float64) {
	if len(list) < 2 {
		return 0, 0
	}
	for _, s := range list {
		mean += float64(s.Score)
	}
	mean /= float64(len(list))
	var squares float64
	for _, s := range list {
		d := float64(s.Score) - mean
		squares += d * d
	}
	return mean, math.Sqrt(squares / float64(len(list)-1))
}
