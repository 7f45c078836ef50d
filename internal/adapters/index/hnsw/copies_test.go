package hnsw_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestCopiesStayInSight removes and replaces most of some equal vectors while searches
// look for the others: whichever of them is the host, they are found.
func TestCopiesStayInSight(t *testing.T) {
	const staying, coming, rounds = 30, 40, 8
	n := size()
	for name, spread := range map[string]float32{"equal": 0, "nearly equal": 1e-6} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			vs := indextest.Clustered(seed, n+1, dims)
			same := func() []float32 {
				v := slices.Clone(vs[n])
				v[rng.IntN(dims)] *= 1 + spread
				return v
			}
			ix := open(t, ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
			add(t, ix, vs[:n])
			batch := func(first, count int) (ids []int64, vectors [][]float32) {
				for i := range count {
					ids, vectors = append(ids, int64(first+i)), append(vectors, same())
				}
				return ids, vectors
			}
			moving, places := batch(n+1, coming)
			stay, stayAt := batch(n+1+coming, staying)
			if err := ix.Add(moving, places); err != nil { // first, so that one of them is the host
				t.Fatal(err)
			}
			if err := ix.Add(stay, stayAt); err != nil {
				t.Fatal(err)
			}
			all := func(when string, in *hnsw.Index) {
				hits, work, err := in.Search(ctx, ports.Query{Vector: vs[n], K: staying + 2*coming}) // few enough for a walk
				if err != nil {
					t.Error(err)
				}
				found := 0
				for _, h := range hits {
					if slices.Contains(stay, h.ID) {
						found++
					}
				}
				if found != staying {
					t.Errorf("%s: a search (%s) finds %d of %d", when, work.Plan, found, staying)
				}
			}
			var searchers sync.WaitGroup
			done := make(chan struct{})
			for range 2 {
				searchers.Go(func() {
					for {
						select {
						case <-done:
							return
						default:
							all("beside writers", ix)
						}
					}
				})
			}
			for round := range rounds {
				if round%2 == 0 {
					if _, err := ix.Remove(moving); err != nil {
						t.Error(err)
					}
				} else if _, again := batch(n+1, coming); round%4 == 1 {
					if err := ix.Add(moving, again); err != nil {
						t.Error(err)
					}
				} else if err := ix.Add(moving, vs[:coming]); err != nil {
					t.Error(err)
				}
				if err := ix.Vacuum(ctx); err != nil {
					t.Error(err)
				}
			}
			close(done)
			searchers.Wait()
			all("at last", ix)
			if lost, err := ix.Audit(ctx); err != nil || len(lost) > 0 {
				t.Errorf("Audit = %d lost, %v", len(lost), err)
			}
			ix.CompactAround(func() {})
			all("in a copy of the graph", ix)
			path := filepath.Join(t.TempDir(), "copies.hnsw")
			if err := ix.Save(ctx, path, goldenSnapshot); err != nil {
				t.Fatal(err)
			}
			again, _, err := hnsw.Engine{}.Open(path, ports.IndexSettings{Metric: domain.Cosine, Dims: dims}, goldenSnapshot.Incarnation)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			all("from a file", again.(*hnsw.Index))
		})
	}
}

// TestEqualVectorsFromManyAdders adds equal vectors from several goroutines at a time.
func TestEqualVectorsFromManyAdders(t *testing.T) {
	n := size()
	vs := indextest.Clustered(seed, n+queries, dims)
	mixed := slices.Clone(vs[:n])
	for i := range mixed {
		if i%3 != 0 {
			mixed[i] = vs[0]
		}
	}
	ix := open(t, ports.IndexSettings{Metric: domain.L2, Dims: dims})
	var wg sync.WaitGroup
	const adders = 4
	for a := range adders {
		wg.Go(func() {
			for i := a; i < n; i += adders {
				if err := ix.Add([]int64{int64(i + 1)}, mixed[i:i+1]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if lost, err := ix.Audit(ctx); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %d lost, %v", len(lost), err)
	}
	if recall, _ := measure(t, ix, vs[n:]); recall < 0.95 {
		t.Errorf("seed %d: recall = %.4f; want at least 0.95", seed, recall)
	}
	hits, _, err := ix.Search(ctx, ports.Query{Vector: vs[0], K: 100})
	if err != nil || len(hits) != 100 || hits[99].Distance != 0 {
		t.Errorf("Search for the equal ones = %d hits, the last at %g, %v", len(hits), hits[99].Distance, err)
	}
}

// onLook is a set of the ids from first on that calls look before the first answer.
type onLook struct {
	ports.IDSet
	first int64
	look  func()
}

func (a *onLook) Contains(id int64) bool {
	if look := a.look; look != nil {
		a.look = nil
		look()
	}
	return id >= a.first
}

func (a *onLook) Len() int { return 1 << 20 }

// TestCopiesThatComeDuringASearch adds copies of a node while a search looks at it, so many
// that those that are allowed lie beyond what the search knows of the memory.
func TestCopiesThatComeDuringASearch(t *testing.T) {
	const n, coming = 5000, 3000
	vs := indextest.Clustered(seed, n, dims)
	ix := open(t, ports.IndexSettings{Metric: domain.L2, Dims: dims}) // whose rows are never made again
	add(t, ix, vs)
	if err := ix.Add([]int64{n + 1}, vs[:1]); err != nil { // without a copy searches do not look for one
		t.Fatal(err)
	}
	allow := &onLook{first: n + coming/2}
	allow.look = func() {
		var ids []int64
		for id := int64(n + 2); id < n+coming+2; id++ {
			ids = append(ids, id)
		}
		if err := ix.Add(ids, slices.Repeat(vs[:1], coming)); err != nil {
			t.Error(err)
		}
	}
	hits, work, err := ix.Search(ctx, ports.Query{Vector: vs[0], K: 1, Ef: 4, Allow: allow})
	if err != nil || len(hits) != 1 || hits[0].ID < allow.first || hits[0].Distance != 0 || work.Plan != domain.PlanFiltered {
		t.Errorf("seed %d: Search = %v by %s, %v; want a copy that came meanwhile, by %s", seed, hits, work.Plan, err, domain.PlanFiltered)
	}
}
