package domain_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
)

// fusedIDs fuses the chunks 1, 2, 3 found by vector with 3, 4 found by words.
func fusedIDs(t *testing.T, f domain.Fusion) (ids []int64) {
	t.Helper()
	f, err := f.WithDefaults()
	if err != nil {
		t.Fatalf("WithDefaults = %v; want nil", err)
	}
	near := []domain.Neighbor{{ID: 1, Distance: 0.1}, {ID: 2, Distance: 0.2}, {ID: 3, Distance: 0.3}}
	texts := []domain.TextMatch{{ID: 4, Score: 2}, {ID: 3, Score: 1}}
	for _, e := range f.Fuse(domain.Cosine, near, texts, nil) {
		ids = append(ids, e.ID)
		if both := e.ID == 3; (e.Vector.Rank > 0) != (e.ID < 4) || (e.Text.Rank > 0) != (e.ID == 4 || both) {
			t.Errorf("Fuse gives %+v; want the ranks of both lists", e)
		}
	}
	return ids
}

func TestWeightsOfZeroCount(t *testing.T) {
	for _, method := range []domain.FusionMethod{domain.ReciprocalRank, domain.WeightedScores} {
		for name, c := range map[string]struct {
			vector, text *float64
			want         []int64
		}{
			"no words":                {nil, new(0.0), []int64{1, 2, 3}},
			"no words, vector by two": {new(2.0), new(0.0), []int64{1, 2, 3}},
			"no vector":               {new(0.0), nil, []int64{4, 3}},
			"no vector, words by two": {new(0.0), new(2.0), []int64{4, 3}},
		} {
			if got := fusedIDs(t, domain.Fusion{Method: method, VectorWeight: c.vector, TextWeight: c.text}); !cmp.Equal(got, c.want) {
				t.Errorf("%s, %s: Fuse = %v; want %v", method, name, got, c.want)
			}
		}
	}
}

func TestWeightsLeftOutAreOne(t *testing.T) {
	for _, method := range []domain.FusionMethod{domain.ReciprocalRank, domain.WeightedScores} {
		want := fusedIDs(t, domain.Fusion{Method: method, VectorWeight: new(1.0), TextWeight: new(1.0)})
		for _, f := range []domain.Fusion{{}, {VectorWeight: new(1.0)}, {TextWeight: new(1.0)}} {
			f.Method = method
			if got := fusedIDs(t, f); !cmp.Equal(got, want) || len(got) != 4 {
				t.Errorf("%s: Fuse = %v; want %v as with both weights 1", method, got, want)
			}
		}
	}
}

func TestFusionRefusals(t *testing.T) {
	for _, f := range []domain.Fusion{
		{VectorWeight: new(0.0), TextWeight: new(0.0)},
		{VectorWeight: new(-1.0)},
		{TextWeight: new(math.NaN())},
		{TextWeight: new(math.Inf(1))},
		{VectorWeight: new(2e6)},
		{Method: "best"},
		{RankConstant: -1},
		{Candidates: -1},
	} {
		if _, err := f.WithDefaults(); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%+v.WithDefaults = %v; want ErrInvalid", f, err)
		}
	}
}
