package hnsw_test

import (
	"context"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestRelinkedBesideChanges removes and replaces a vector while it is linked again: it must
// not come back.
func TestRelinkedBesideChanges(t *testing.T) {
	const n, id = 300, 7
	vectors := indextest.Clustered(seed, n+1, dims)
	newer := vectors[n]
	nothing := func() {}
	for _, metric := range []domain.Metric{domain.L2, domain.InnerProduct, domain.Cosine} {
		ix := open(t, ports.IndexSettings{Metric: metric, Dims: dims})
		add(t, ix, vectors[:n])
		remove := func() {
			if got, err := ix.Remove([]int64{id}); got != 1 || err != nil {
				t.Fatalf("Remove = %d, %v", got, err)
			}
		}
		replace := func() {
			if err := ix.Add([]int64{id}, [][]float32{newer}); err != nil {
				t.Fatal(err)
			}
		}
		restore := func() {
			if err := ix.Add([]int64{id}, vectors[id-1:id]); err != nil {
				t.Fatal(err)
			}
		}
		// look says what searches find under id: nothing, its vector, or the newer one.
		look := func(when string, want []float32) {
			t.Helper()
			found := 0
			for _, exact := range []bool{false, true} {
				hits, _, err := ix.Search(context.Background(), ports.Query{Vector: vectors[id-1], K: n + 2, Exact: exact})
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hits {
					if h.ID != id {
						continue
					}
					found++
					if want == nil {
						t.Errorf("%v, %s: a search (exact %v) finds a vector that was removed", metric, when, exact)
					} else if d := metric.Distance(vectors[id-1], want); h.Distance-d > 1e-4 || d-h.Distance > 1e-4 {
						t.Errorf("%v, %s: distance %v (exact %v); want %v", metric, when, h.Distance, exact, d)
					}
				}
			}
			if want != nil && found != 2 || ix.Contains(id) != (want != nil) {
				t.Errorf("%v, %s: found %d times, Contains = %v", metric, when, found, ix.Contains(id))
			}
			live := n
			if want == nil {
				live--
			}
			if when != "linked" && ix.Stats().Len != live {
				t.Errorf("%v, %s: Stats().Len = %d; want %d", metric, when, ix.Stats().Len, live)
			}
		}
		old := vectors[id-1]
		if !ix.RelinkAround(id, nothing, func() { look("linked", old) }) {
			t.Error("a vector that nobody changes is not linked again")
		}
		look("linked again", old)
		for _, c := range []struct {
			when         string
			read, linked func()
			want         []float32
		}{
			{"removed when read", remove, func() { look("linked", nil) }, nil},
			{"removed when linked", nothing, func() { remove(); look("linked", nil) }, nil},
			{"replaced when read", replace, func() { look("linked", newer) }, newer},
			{"replaced when linked", nothing, func() { replace(); look("linked", newer) }, newer},
			{"removed and replaced", remove, replace, newer},
			{"linked again meanwhile", func() {
				if ix.RelinkAround(id, nothing, nothing) {
					t.Error("linked again twice at a time")
				}
			}, func() { look("linked", old) }, old},
		} {
			restore()
			if got := ix.RelinkAround(id, c.read, c.linked); got != (c.when == "linked again meanwhile") {
				t.Errorf("%v, %s: reported as linked again: %v", metric, c.when, got)
			}
			look(c.when, c.want)
			if err := ix.Vacuum(context.Background()); err != nil {
				t.Fatal(err)
			}
			look(c.when+", vacuumed", c.want)
		}
	}
}
