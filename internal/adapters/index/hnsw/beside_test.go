package hnsw_test

import (
	"math/rand/v2"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// TestExactSearchBesideAdds asks for more than there is while vectors arrive: none that
// was there before may be pushed out by those that came later.
func TestExactSearchBesideAdds(t *testing.T) {
	const there, coming = 500, 60
	rng := rand.New(rand.NewPCG(1, 2))
	vector := func() []float32 {
		v := make([]float32, 8)
		for i := range v {
			v[i] = rng.Float32()
		}
		return v
	}
	for round := range 20 {
		ix, err := hnsw.Engine{}.New(ports.IndexSettings{Metric: domain.InnerProduct, Dims: 8})
		if err != nil {
			t.Fatal(err)
		}
		for id := int64(1); id <= there; id++ {
			if err := ix.Add([]int64{id}, [][]float32{vector()}); err != nil {
				t.Fatal(err)
			}
		}
		q := vector()
		done := make(chan error, 1)
		go func() {
			for id := int64(there + 1); id <= there+coming; id++ {
				if err := ix.Add([]int64{id}, [][]float32{vector()}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for running := true; running; {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
			got, _, err := ix.Search(t.Context(), ports.Query{Vector: q, K: 2 * there, Exact: true})
			if err != nil {
				t.Fatal(err)
			}
			old := 0
			for _, n := range got {
				if n.ID <= there {
					old++
				}
			}
			if old != there {
				t.Fatalf("round %d: %d of %d vectors that were there", round, old, there)
			}
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
