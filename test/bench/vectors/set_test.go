package vectors_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/indextest"
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

func TestRecallAt(t *testing.T) {
	s := &vectors.Set{Dims: 2, Rows: [][]float32{{1, 0}, {1, 0}, {1, 0}, {0, 1}, {2, 0}}}
	q := []float32{1, 0.1}
	for _, c := range []struct {
		metric domain.Metric
		truth  []int64
		got    []int64
		want   float64
	}{
		{domain.L2, []int64{1, 2}, []int64{2, 3}, 1}, // row 3 is equal to row 1
		{domain.L2, []int64{1, 2}, []int64{3, 3}, 0.5},
		{domain.L2, []int64{1, 2}, []int64{3, 4}, 0.5},
		{domain.L2, []int64{1, 2}, []int64{5, 4, 1}, 0}, // the third result does not count
		{domain.L2, []int64{1, 2}, []int64{0, 6}, 0},
		{domain.L2, []int64{1, 2}, nil, 0},
		{domain.InnerProduct, []int64{5}, []int64{1}, 0},
		{domain.Cosine, []int64{1}, []int64{5}, 1},
	} {
		if r := s.RecallAt(c.metric, q, c.truth, c.got); r != c.want {
			t.Errorf("RecallAt(%s, %v, %v) = %v; want %v", c.metric, c.truth, c.got, r, c.want)
		}
	}
}

func TestHard(t *testing.T) {
	t.Setenv("MEMISTA_CACHE", t.TempDir())
	crowd := vectors.Crowd()
	equal := map[string]int{}
	most := 0
	for _, v := range crowd.Rows {
		key := fmt.Sprint(v)
		equal[key]++
		most = max(most, equal[key])
	}
	if len(crowd.Rows) != 22_000 || most != 2_000 || len(equal) != 20_001 {
		t.Errorf("Crowd has %d rows, %d different ones, %d times the same; want 22000, 20001, 2000", len(crowd.Rows), len(equal), most)
	}
	long, longest := vectors.Long(), 0
	for _, v := range long.Rows {
		if indextest.Length(v) > 100 {
			longest++
		}
	}
	if len(long.Rows) != 6_003 || longest != 3 {
		t.Errorf("Long has %d rows, %d of them long; want 6003 and 3", len(long.Rows), longest)
	}
	for _, s := range []*vectors.Set{crowd, vectors.Cone(), long, vectors.Lognormal()} {
		if len(s.Queries) != 1000 || len(s.Rows[0]) != s.Dims || len(s.Queries[999]) != s.Dims {
			t.Errorf("%s: %d queries; want 1000 of %d numbers", s.Name, len(s.Queries), s.Dims)
		}
	}
}

// TestTruthOfACone has truth to the last digit where float32 loses it.
func TestTruthOfACone(t *testing.T) {
	t.Setenv("MEMISTA_CACHE", t.TempDir())
	s := vectors.Cone()
	s.Queries = s.Queries[:100]
	truth, err := s.Truth(domain.Cosine, 10)
	if err != nil {
		t.Fatal(err)
	}
	for q, ids := range truth {
		var distances []float64
		for _, v := range s.Rows {
			distances = append(distances, exactCosine(s.Queries[q], v))
		}
		for i, id := range ids {
			if i > 0 && exactCosine(s.Queries[q], s.Rows[ids[i-1]-1]) > exactCosine(s.Queries[q], s.Rows[id-1]) {
				t.Fatalf("query %d: neighbor %d is nearer than the one before", q, i)
			}
		}
		last := exactCosine(s.Queries[q], s.Rows[ids[9]-1])
		slices.Sort(distances)
		if last != distances[9] {
			t.Errorf("query %d: the tenth is at %v; want %v", q, last, distances[9])
		}
	}
}

func exactCosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return 1 - ab/math.Sqrt(aa*bb)
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
