package vectors_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/vectors"
)

func TestFvecs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.fvecs")
	want := []float32{1, 2, 3, -4, 5e-30, 6}
	if err := vectors.WriteFvecs(path, want, 3); err != nil {
		t.Fatal(err)
	}
	got, dims, err := vectors.ReadFvecs(path)
	if err != nil || dims != 3 || !slices.Equal(got, want) {
		t.Errorf("ReadFvecs = %v, %d, %v; want %v, 3", got, dims, err, want)
	}
}

func TestTruth(t *testing.T) {
	t.Setenv("MEMISTA_CACHE", t.TempDir())
	s := vectors.NewMade(vectors.Made{Dims: 16, Seed: 3}, 300)
	s.Queries = [][]float32{slices.Clone(s.Rows[41]), slices.Clone(s.Rows[7])}
	for _, metric := range domain.Metrics {
		for _, from := range []string{"computed", "cached"} {
			truth, err := s.Truth(metric, 5)
			if err != nil {
				t.Fatal(err)
			}
			if len(truth) != 2 || len(truth[0]) != 5 || truth[0][0] != 42 || truth[1][0] != 8 {
				t.Errorf("%s truth under %s = %v; want 5 ids each, 42 and 8 first", from, metric, truth)
			}
		}
	}
}

func TestRecall(t *testing.T) {
	got := []domain.Neighbor{{ID: 1}, {ID: 9}, {ID: 3}, {ID: 2}}
	if r := vectors.Recall([]int64{1, 2, 3}, got); r != 2.0/3 {
		t.Errorf("Recall = %v; want 2/3: the fourth result does not count", r)
	}
}

func TestNearest(t *testing.T) {
	s := vectors.NewMade(vectors.Made{Dims: 16, Seed: 3}, 300)
	for _, metric := range domain.Metrics {
		all := s.Nearest(metric, s.Rows[41], 5, func(int) bool { return true })
		if len(all) != 5 || all[0].ID != 42 {
			t.Errorf("Nearest under %s = %v; want 5, id 42 first", metric, all)
		}
		some := s.Nearest(metric, s.Rows[41], 4, func(row int) bool { return row != 41 })
		if !slices.Equal(some, all[1:]) {
			t.Errorf("Nearest of all but row 41 under %s = %v; want %v", metric, some, all[1:])
		}
	}
}
