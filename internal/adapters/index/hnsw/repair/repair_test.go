package repair_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/repair"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestWalkAfterMends chooses lists again and walks with the same builder, as happens when a
// node has lost its way to the others while vectors were added.
func TestWalkAfterMends(t *testing.T) {
	const n, dims = 500, 8
	sh, err := memory.NewShape(ports.IndexSettings{Metric: domain.L2, Dims: dims})
	if err != nil {
		t.Fatal(err)
	}
	g, b := graph.New(sh), new(build.Builder)
	for i, vec := range indextest.Gaussian(1, n, dims) {
		id := int64(i + 1)
		g.ByID.Swap(id, b.Insert(g, id, vec))
		g.Live.Add(1)
	}
	w := repair.New(b, g, memory.NewSet(g.Used()))
	defer w.End()
	w.MendThenAdopt(5, 200)
	reached, err := g.Reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, slot := range g.ByID.All() {
		if !reached.Has(slot) {
			t.Errorf("a walk cannot reach %d", id)
		}
	}
}
