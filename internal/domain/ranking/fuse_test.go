package ranking_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/ranking"
)

var near = cmp.Comparer(func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 })

// Numbers worked out by hand.
func TestFuse(t *testing.T) {
	a := []ranking.Scored{{ID: 1, Score: 0.9}, {ID: 2, Score: 0.8}, {ID: 3, Score: 0.1}}
	b := []ranking.Scored{{ID: 3, Score: 12}, {ID: 4, Score: 8}}
	for name, tc := range map[string]struct {
		lists [][]ranking.Scored
		m     ranking.Method
		want  []ranking.Scored
	}{
		"rrf, k of 2": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.ReciprocalRank},
			[]ranking.Scored{{3, 0.25 + 0.5}, {1, 0.5}, {2, 1.0 / 3}, {4, 1.0 / 3}}},
		"rrf, k of 60": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.ReciprocalRank, K: 60},
			[]ranking.Scored{{3, 1.0/62 + 1.0/60}, {1, 1.0 / 60}, {2, 1.0 / 61}, {4, 1.0 / 61}}},
		// 1/(1/3+1) = 3/4, 1/(2/3+1) = 3/5, 1/(3/3+1) = 1/2; 1/(1/0.5+1) = 1/3, 1/(2/0.5+1) = 1/5.
		"rrf, weights": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.ReciprocalRank, Weights: []float64{3, 0.5}},
			[]ranking.Scored{{3, 1.0/2 + 1.0/3}, {1, 0.75}, {2, 0.6}, {4, 0.2}}},
		"rrf, one of no weight": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.ReciprocalRank, Weights: []float64{1, 0}},
			[]ranking.Scored{{1, 0.5}, {2, 1.0 / 3}, {3, 0.25}, {4, 0}}},
		// a: mean 0.6, deviation sqrt((0.09+0.04+0.25)/2) = sqrt(0.19); b: mean 10, deviation
		// sqrt(8), so ±2 is ±1/(6·sqrt 2) = ±0.1178511 about a half.
		"dbsf": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.Distribution},
			[]ranking.Scored{{3, 0.5 - 0.1911798 + 0.6178511}, {1, 0.6147079}, {2, 0.5764719}, {4, 0.3821489}}},
		"dbsf, weights": {[][]ranking.Scored{a, b}, ranking.Method{Kind: ranking.Distribution, Weights: []float64{0, 2}},
			[]ranking.Scored{{3, 1.2357023}, {4, 0.7642977}, {1, 0}, {2, 0}}},
		"dbsf, all the same, one alone and none": {[][]ranking.Scored{{{1, 5}, {2, 5}}, {{2, 9}}, {}}, ranking.Method{Kind: ranking.Distribution},
			[]ranking.Scored{{2, 1}, {1, 0.5}}},
		"nothing": {nil, ranking.Method{Kind: ranking.ReciprocalRank}, []ranking.Scored{}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.m.Check(2); err != nil {
				t.Errorf("Check = %v; want nil", err)
			}
			if diff := cmp.Diff(tc.want, ranking.Fuse(tc.lists, tc.m), near); diff != "" {
				t.Errorf("Fuse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMethodsThatAreNone(t *testing.T) {
	for name, m := range map[string]ranking.Method{
		"no kind":          {},
		"a negative k":     {Kind: ranking.ReciprocalRank, K: -1},
		"k is NaN":         {Kind: ranking.ReciprocalRank, K: math.NaN()},
		"weights too many": {Kind: ranking.Distribution, Weights: []float64{1, 1, 1}},
		"a weight below 0": {Kind: ranking.Distribution, Weights: []float64{-1}},
		"a weight of NaN":  {Kind: ranking.ReciprocalRank, Weights: []float64{math.NaN()}},
	} {
		if err := m.Check(2); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Check = %v; want ErrInvalid", name, err)
		}
	}
}
