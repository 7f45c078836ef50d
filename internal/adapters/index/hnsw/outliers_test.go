package hnsw_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// longAmong returns normal vectors of 32 dimensions, every so many times longer.
func longAmong(n, each int, times float32) [][]float32 {
	vs := indextest.Gaussian(1, n, 32)
	for i := each / 2; i < n; i += each {
		for d := range vs[i] {
			vs[i][d] *= times
		}
	}
	return vs
}

func ipIndex(t *testing.T, vs [][]float32) *hnsw.Index {
	t.Helper()
	if raceDetector {
		t.Skip("it takes a minute under the race detector, with one goroutine")
	}
	made, err := hnsw.Engine{}.New(ports.IndexSettings{Metric: domain.InnerProduct, Dims: 32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Close() })
	for i := range vs {
		if err := made.Add([]int64{int64(i) + 1}, vs[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return made.(*hnsw.Index)
}

// recallOf is the mean recall at ten of 100 searches, against exact ones.
func recallOf(t *testing.T, ix ports.VectorIndex) float64 {
	t.Helper()
	found := 0
	for _, v := range indextest.Gaussian(2, 100, 32) {
		truth := map[int64]bool{}
		hits, _, err := ix.Search(context.Background(), ports.Query{Vector: v, K: 10, Exact: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			truth[h.ID] = true
		}
		hits, _, err = ix.Search(context.Background(), ports.Query{Vector: v, K: 10, Ef: 64})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if truth[h.ID] {
				found++
			}
		}
	}
	return float64(found) / 1000
}

func TestLongVectorsAreKeptApart(t *testing.T) {
	vs := longAmong(5000, 100, 100)
	ix := ipIndex(t, vs)
	if n := hnsw.Apart(ix); n != 50 {
		t.Errorf("%d vectors are kept apart; want the 50 long ones", n)
	}
	if r := recallOf(t, ix); r < 0.97 {
		t.Errorf("recall %.3f; want 0.97", r)
	}
	path := filepath.Join(t.TempDir(), "long.index")
	if err := ix.Save(context.Background(), path, ports.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	again, _, err := hnsw.Engine{}.Open(path, ports.IndexSettings{Metric: domain.InnerProduct, Dims: 32}, domain.Incarnation{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if n := hnsw.Apart(again.(*hnsw.Index)); n != 50 {
		t.Errorf("%d vectors are kept apart in the opened file; want 50", n)
	}
	if r := recallOf(t, again); r < 0.97 {
		t.Errorf("recall %.3f after opening the file; want 0.97", r)
	}
	if err := again.Add([]int64{9001}, [][]float32{vs[50]}); err != nil {
		t.Fatal(err)
	}
	if n := hnsw.Apart(again.(*hnsw.Index)); n != 51 {
		t.Errorf("%d vectors are kept apart after one more came; want 51", n)
	}
}

// TestOnlyLongVectorsAreLeft removes all nodes; what was kept apart is all there is.
func TestOnlyLongVectorsAreLeft(t *testing.T) {
	vs := longAmong(5000, 100, 100)
	ix := ipIndex(t, vs)
	var short []int64
	for i := range vs {
		if i%100 != 50 {
			short = append(short, int64(i)+1)
		}
	}
	if _, err := ix.Remove(short); err != nil {
		t.Fatal(err)
	}
	if err := ix.Vacuum(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ix.Stats(); got.Len != 50 {
		t.Errorf("Len = %d; want 50", got.Len)
	}
	if lost, err := ix.Audit(context.Background()); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %v, %v; want nothing lost", lost, err)
	}
	for i := 50; i < len(vs); i += 100 {
		hits, _, err := ix.Search(context.Background(), ports.Query{Vector: vs[i], K: 1, Ef: 1})
		if err != nil || len(hits) != 1 || hits[0].ID != int64(i)+1 {
			t.Errorf("Search for vector %d = %v, %v", i+1, hits, err)
		}
	}
}

// TestMoreLongVectorsThanRoom adds vectors whose lengths have no end: a bounded number is
// kept apart, and every one is found.
func TestMoreLongVectorsThanRoom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	vs := indextest.Gaussian(3, 12_000, 32)
	for i := range vs {
		f := float32(math.Exp(1.5 * rng.NormFloat64()))
		for d := range vs[i] {
			vs[i][d] *= f
		}
	}
	ix := ipIndex(t, vs)
	if n := hnsw.Apart(ix); n < 100 || n > 512 {
		t.Errorf("%d vectors are kept apart; want some, and not more than there is room for", n)
	}
	if r := recallOf(t, ix); r < 0.97 {
		t.Errorf("recall %.3f; want 0.97", r)
	}
	if lost, err := ix.Audit(context.Background()); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %v, %v; want nothing lost", lost, err)
	}
}

// TestLongVectorsComeAndGo replaces long vectors by others again and again, which must not
// use up the room for them.
func TestLongVectorsComeAndGo(t *testing.T) {
	vs := longAmong(5000, 100, 100)
	ix := ipIndex(t, vs)
	for range 30 {
		for i := 50; i < len(vs); i += 100 {
			if err := ix.Add([]int64{int64(i) + 1}, vs[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := hnsw.Apart(ix); n < 50 || n > 512 {
		t.Errorf("%d vectors are kept apart; want the 50 long ones and some removed", n)
	}
	if r := recallOf(t, ix); r < 0.97 {
		t.Errorf("recall %.3f; want 0.97", r)
	}
}
