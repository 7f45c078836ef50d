package hnsw_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

const (
	seed    = 20261122
	dims    = 32
	queries = 100
	k       = 10
)

var ctx = context.Background()

func open(t testing.TB, s ports.IndexSettings) *hnsw.Index {
	t.Helper()
	ix, err := hnsw.Engine{}.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix.(*hnsw.Index)
}

// add adds vectors under ids from 1 on, from two goroutines.
func add(t testing.TB, ix ports.VectorIndex, vectors [][]float32) {
	t.Helper()
	const batch = 50
	var wg sync.WaitGroup
	for first := range 2 {
		wg.Go(func() {
			for at := first * batch; at < len(vectors); at += 2 * batch {
				part := vectors[at:min(at+batch, len(vectors))]
				ids := make([]int64, len(part))
				for i := range ids {
					ids[i] = int64(at + i + 1)
				}
				if err := ix.Add(ids, part); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// measure returns the mean recall of walks, and the distances they compute.
func measure(t testing.TB, ix ports.VectorIndex, qs [][]float32) (recall float64, distances int) {
	t.Helper()
	for _, q := range qs {
		truth, _, err := ix.Search(ctx, ports.Query{Vector: q, K: k, Exact: true})
		if err != nil || len(truth) != k {
			t.Fatalf("exact Search = %d hits, %v", len(truth), err)
		}
		hits, work, err := ix.Search(ctx, ports.Query{Vector: q, K: k})
		if err != nil || len(hits) != k {
			t.Fatalf("Search = %d hits, %v", len(hits), err)
		}
		if work.Plan != domain.PlanGraph {
			t.Fatalf("plan %q; this test is about the graph", work.Plan)
		}
		distances += work.Distances
		for _, h := range hits {
			for _, x := range truth {
				if h.ID == x.ID {
					recall++
				}
			}
		}
	}
	return recall / float64(k*len(qs)), distances / len(qs)
}

func size() int {
	if raceDetector {
		return 3900 // enough for a walk to be chosen at the default ef
	}
	return 6000
}

func TestReplacingEverythingThreeTimesIsLikeAFreshBuild(t *testing.T) {
	n := size()
	vs := indextest.Clustered(seed, 4*n+queries, dims)
	qs, last := vs[4*n:], vs[3*n:4*n]
	s := ports.IndexSettings{Metric: domain.Cosine, Dims: dims}
	fresh, worn := open(t, s), open(t, s)
	add(t, fresh, last)
	for round := range 4 {
		add(t, worn, vs[round*n:(round+1)*n])
	}
	if err := worn.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	want, wantWork := measure(t, fresh, qs)
	got, gotWork := measure(t, worn, qs)
	t.Logf("seed %d: recall %.4f, %d distances; fresh %.4f, %d", seed, got, gotWork, want, wantWork)
	if got < want-0.01 {
		t.Errorf("recall after replacing everything three times = %.4f; want %.4f - 0.01", got, want)
	}
	if float64(gotWork) > 1.2*float64(wantWork) {
		t.Errorf("distances per search = %d; want at most 1.2 × %d", gotWork, wantWork)
	}
	st := worn.Stats()
	if st.Len != n || st.Dead != 0 {
		t.Errorf("Len %d, Dead %d; want %d, 0", st.Len, st.Dead, n)
	}
	if most := 3 * fresh.Stats().Bytes / 2; st.Bytes > most {
		t.Errorf("memory = %d; want at most half more than a fresh build's: %d", st.Bytes, most)
	}
	if lost, err := worn.Audit(ctx); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %d lost, %v; want none", len(lost), err)
	}
}

func TestMemoryComesBackAfterRemovals(t *testing.T) {
	n := size()
	vs := indextest.Clustered(seed, n+queries, dims)
	ix := open(t, ports.IndexSettings{Metric: domain.L2, Dims: dims})
	add(t, ix, vs[:n])
	before := ix.Stats().Bytes
	var gone []int64
	for id := int64(1); id <= int64(n); id++ {
		if id%10 != 0 {
			gone = append(gone, id)
		}
	}
	if removed, err := ix.Remove(gone); removed != len(gone) || err != nil {
		t.Fatalf("Remove = %d, %v; want %d", removed, err, len(gone))
	}
	if err := ix.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	if st := ix.Stats(); st.Bytes > before/3 || st.Dead != 0 {
		t.Errorf("after removing nine of ten: %d bytes of %d, %d dead", st.Bytes, before, st.Dead)
	}
	if lost, err := ix.Audit(ctx); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %d lost, %v; want none", len(lost), err)
	}
	hits, _, err := ix.Search(ctx, ports.Query{Vector: vs[n], K: n})
	if err != nil || len(hits) != n/10 {
		t.Errorf("Search for everything = %d hits, %v; want %d", len(hits), err, n/10)
	}
	if _, err := ix.Remove(ids(n)); err != nil {
		t.Fatal(err)
	}
	if err := ix.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	if st := ix.Stats(); st.Len != 0 || st.Bytes > before/20 {
		t.Errorf("empty again: %+v", st)
	}
	add(t, ix, vs[:n])
	if recall, _ := measure(t, ix, vs[n:]); recall < 0.95 {
		t.Errorf("recall after filling it again = %.4f", recall)
	}
}

func ids(n int) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(i + 1)
	}
	return list
}

func TestEveryKindFindsTheNeighbors(t *testing.T) {
	n := size()
	vs := indextest.Clustered(seed, n+queries, dims)
	for _, kind := range []string{"f32", "bf16", "i8"} {
		for i, metric := range domain.Metrics {
			if raceDetector && i > 0 {
				continue // the metrics differ in arithmetic, not in what goroutines share
			}
			t.Run(fmt.Sprintf("%s/%s", kind, metric), func(t *testing.T) {
				ix := open(t, ports.IndexSettings{Metric: metric, Dims: dims, Storage: kind})
				add(t, ix, vs[:n])
				if recall, _ := measure(t, ix, vs[n:]); recall < 0.95 {
					t.Errorf("seed %d: recall = %.4f; want at least 0.95", seed, recall)
				}
				if st := ix.Stats(); st.Kind != kind {
					t.Errorf("Kind = %q; want %q", st.Kind, kind)
				}
			})
		}
	}
}

func TestSearchAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	n := size()
	vs := indextest.Clustered(seed, n+queries, dims)
	for _, metric := range domain.Metrics {
		ix := open(t, ports.IndexSettings{Metric: metric, Dims: dims})
		add(t, ix, vs[:n])
		q := ports.Query{K: k, Into: make([]domain.Neighbor, 0, k)}
		i := 0
		if allocs := testing.AllocsPerRun(200, func() {
			q.Vector = vs[n+i%queries]
			i++
			if hits, _, err := ix.Search(ctx, q); err != nil || len(hits) != k {
				t.Fatalf("Search = %d hits, %v", len(hits), err)
			}
		}); allocs != 0 {
			t.Errorf("%s: %.1f allocations per search; want 0", metric, allocs)
		}
	}
}
