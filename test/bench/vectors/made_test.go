package vectors_test

import (
	"math"
	"slices"
	"testing"

	"github.com/memista/memista/test/bench/vectors"
)

func TestMade(t *testing.T) {
	m := vectors.Made{Dims: 48, Seed: 1}
	rows := m.Rows(0, 500)
	t.Run("the same seed gives the same rows, from any start", func(t *testing.T) {
		if again := m.Rows(100, 50); !slices.Equal(again, rows[100*48:150*48]) {
			t.Error("Rows(100, 50) differs from rows 100 to 149 of Rows(0, 500)")
		}
	})
	t.Run("another seed gives other rows", func(t *testing.T) {
		if slices.Equal(vectors.Made{Dims: 48, Seed: 2}.Rows(0, 1), rows[:48]) {
			t.Error("seeds 1 and 2 give the same row")
		}
	})
	t.Run("rows have length one", func(t *testing.T) {
		for i := range 500 {
			var sum float64
			for _, x := range rows[i*48 : (i+1)*48] {
				sum += float64(x) * float64(x)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("row %d has squared length %v; want 1", i, sum)
			}
		}
	})
	t.Run("queries are no rows", func(t *testing.T) {
		q := m.Queries(1)
		for i := range 500 {
			if slices.Equal(q, rows[i*48:(i+1)*48]) {
				t.Fatalf("query 0 is row %d", i)
			}
		}
	})
}
