package hnsw_test

import (
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// A walk does not come to the vector that is omitted, so it does not come back, unless the walk
// begins there.
func TestOmittedVectorIsNotMet(t *testing.T) {
	const n = 4000
	ix, err := hnsw.Engine{}.New(ports.IndexSettings{Metric: domain.L2, Dims: 24})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	vs := indextest.Gaussian(3, n, 24)
	if err := ix.Add(ids, vs); err != nil {
		t.Fatal(err)
	}
	back := 0
	for _, id := range ids {
		for _, omit := range []int64{0, id} {
			hits, work, err := ix.Search(t.Context(), ports.Query{Vector: vs[id-1], K: 5, Ef: 20, Omit: omit})
			if err != nil || work.Plan != domain.PlanGraph {
				t.Fatalf("Search(Omit: %d) = %v by %q; want a walk", omit, err, work.Plan)
			}
			if omit != 0 && slices.ContainsFunc(hits, func(h domain.Neighbor) bool { return h.ID == id }) {
				back++
			}
		}
	}
	if back > 1 {
		t.Errorf("%d of %d omitted vectors came back; want one at most, where walks begin", back, n)
	}
}
