package flat_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// TestAVectorThatIsThereTakesNoRoomAgain adds vectors twice, as an index does that is filled
// from the rows while the commit that stored them is told to it.
func TestAVectorThatIsThereTakesNoRoomAgain(t *testing.T) {
	for _, metric := range []domain.Metric{domain.InnerProduct, domain.Cosine, domain.L2} {
		ix, err := flat.New(metric, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer ix.Close()
		for range 2 {
			if err := ix.Add([]int64{1, 2}, [][]float32{{1, 2}, {3, 4}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, v := range [][]float32{{3, 5}, {3, 4}} { // another, and the one of before
			if err := ix.Add([]int64{2}, [][]float32{v}); err != nil {
				t.Fatal(err)
			}
		}
		found, work, err := ix.Search(t.Context(), ports.Query{Vector: []float32{1, 1}, K: 5})
		if err != nil || len(found) != 2 || work.Distances != 4 {
			t.Errorf("%s: Search = %v, %+v, %v; want 2 vectors of 4 that were written", metric, found, work, err)
		}
	}
}
