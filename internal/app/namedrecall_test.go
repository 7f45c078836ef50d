package app_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestRecallOfNamedVectors has graphs of vectors that are hard to tell apart find what an exact
// search does: half of them equal, far from the origin, and a few a hundred times as long.
func TestRecallOfNamedVectors(t *testing.T) {
	const size, queries, dims, k = 6000, 40, 32, 10
	equal := indextest.Gaussian(1, size+queries, dims)
	for i := 0; i < size; i += 2 {
		equal[i] = equal[0]
	}
	cone := indextest.Gaussian(2, size+queries, dims)
	indextest.Shift(cone, 30)
	long := indextest.Gaussian(3, size+queries, dims)
	for i := range size / 1000 {
		indextest.SetLength(long[1000*i+500], 100*indextest.Length(long[1000*i+500]))
	}
	sets := map[string][][]float32{"equal": equal, "cone": cone, "long": long}
	names, err := domain.NewNamedVectors(domain.NamedVector{Name: "equal", Dims: dims, Metric: domain.L2},
		domain.NamedVector{Name: "cone", Dims: dims, Metric: domain.Cosine}, domain.NamedVector{Name: "long", Dims: dims, Metric: domain.InnerProduct})
	if err != nil {
		t.Fatal(err)
	}
	s := configured(t, app.Config{Repository: openStore(t, filepath.Join(t.TempDir(), "memista.db")), Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 200 }})
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{Vectors: names, OptionalEmbeddings: true}); err != nil {
		t.Fatal(err)
	}
	chunks := make([]domain.Chunk, size)
	for i := range chunks {
		chunks[i].Vectors = domain.Vectors{"equal": equal[i], "cone": cone[i], "long": long[i]}
	}
	for some := range slices.Chunk(chunks, 500) {
		insert(t, s, "a", some...)
		using(t, s, app.Query{Using: "cone", Embedding: cone[0], K: 1}) // later ones come to the index as commits
	}
	ask := func(q app.Query) ([]domain.Hit, domain.Explain) {
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		return found.Hits[0], found.Explain[0]
	}
	for name, vs := range sets {
		waitFor(t, "the graph of "+name, func() bool {
			_, e := ask(app.Query{Using: name, Embedding: vs[size], K: k})
			return e.Graph.Vectors == size
		})
		found, plan := 0, domain.Plan("")
		for _, q := range vs[size:] {
			exact, _ := ask(app.Query{Using: name, Embedding: q, K: k, Exact: true})
			near, how := ask(app.Query{Using: name, Embedding: q, K: k})
			plan = how.Plan
			bound := exact[k-1].Distance
			for _, h := range near {
				if h.Distance <= bound+1e-6*max(bound, 1) {
					found++
				}
			}
		}
		if recall := float64(found) / float64(k*queries); recall < 0.95 {
			t.Errorf("%s: recall@%d = %.3f; want 0.95", name, k, recall)
		} else {
			t.Logf("%s: recall@%d = %.3f (%s)", name, k, recall, plan)
		}
	}
}
