package remake_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/remake"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestSampleBesideAdds adds a vector between the look at the memory and the look at how much
// of it is used: it lies beyond that view.
func TestSampleBesideAdds(t *testing.T) {
	const dims = 4
	sh, err := memory.NewShape(ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
	if err != nil {
		t.Fatal(err)
	}
	g, b := graph.New(sh), new(build.Builder)
	vectors := indextest.Gaussian(1, simd.SlabRows+1, dims)
	add := func(i int) { b.Insert(g, int64(i+1), b.Prepare(g, vectors[i])) }
	for i := range simd.SlabRows {
		add(i)
	}
	v := g.View()
	add(simd.SlabRows)
	if got := remake.Sample(g, v); len(got) != simd.SlabRows {
		t.Errorf("Sample = %d slots; want the %d that the view has", len(got), simd.SlabRows)
	}
}
