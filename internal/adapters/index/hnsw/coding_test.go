package hnsw_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// far returns gaussian vectors around the mean from, the later half of them around to.
func far(n int, from, to float32) [][]float32 {
	vs := indextest.Gaussian(seed, n+queries, dims)
	indextest.Shift(vs[:n/2], from)
	indextest.Shift(vs[n/2:n], to)
	indextest.Shift(vs[n:n+queries/2], from)
	indextest.Shift(vs[n+queries/2:], to)
	return vs
}

// apart returns two clusters around opposite points.
func apart(n int, by float32) [][]float32 {
	vs := indextest.Gaussian(seed, n+queries, dims)
	for i, v := range vs {
		for d := range v {
			if i%2 == d%2 {
				v[d] += by
			} else {
				v[d] -= by
			}
		}
	}
	return vs
}

// fine returns clumps of which 8 bits for the whole range see points.
func fine(n int) [][]float32 {
	const clumps = 50
	r := rand.New(rand.NewPCG(seed, 5))
	vs := indextest.Gaussian(seed, n+queries, dims)
	for i := clumps; i < len(vs); i++ {
		for d := range vs[i] {
			vs[i][d] = vs[i%clumps][d] + 0.001*float32(r.NormFloat64())
		}
	}
	return vs
}

func TestCodesFindWhatFloatsFind(t *testing.T) {
	if raceDetector {
		t.Skip("this is about numbers")
	}
	const n = 4200 // enough for a walk
	long := indextest.Clustered(seed, n+queries, 768)
	indextest.Shift(long, 10)
	uneven := indextest.Gaussian(seed, n+queries, dims)
	for _, v := range uneven {
		v[3], v[7] = 1000*v[3], v[7]+1000
	}
	for name, vs := range map[string][][]float32{
		"a mean of 10": far(n, 10, 10), "a mean of 1000": far(n, 1000, 1000),
		"768 dimensions": long, "uneven components": uneven, "clusters apart": apart(n, 30),
		"a mean that moves away": far(n, 0, 100), "fine clumps": fine(n),
	} {
		for _, metric := range domain.Metrics {
			t.Run(name+"/"+string(metric), func(t *testing.T) {
				recall := make(map[string]float64)
				for _, kind := range []string{"f32", "bf16", "i8"} {
					ix := open(t, ports.IndexSettings{Metric: metric, Dims: len(vs[0]), Storage: kind})
					if err := ix.Add(ids(n), vs[:n]); err != nil {
						t.Fatal(err)
					}
					recall[kind], _ = measure(t, ix, vs[n:])
				}
				for kind, got := range recall {
					if recall["f32"] < 0.9 {
						continue // walks go astray for another reason than codes
					}
					if got < recall["f32"]-0.02 {
						t.Errorf("seed %d: recall of %s = %.4f; want that of f32, %.4f, or 0.02 less", seed, kind, got, recall["f32"])
					}
				}
			})
		}
	}
}

func TestRowsBecomeFloatsWhereCodesAreTooCoarse(t *testing.T) {
	n := size()
	vs := fine(n)
	s := ports.IndexSettings{Metric: domain.Cosine, Dims: dims, Storage: "i8"}
	ix := open(t, s)
	add(t, ix, vs[:n])
	if kind := ix.Stats().Kind; kind != "f32" {
		t.Errorf("Kind with vectors that codes cannot tell apart = %q; want f32", kind)
	}
	path, life := filepath.Join(t.TempDir(), "a.hnsw"), domain.Incarnation{1}
	if err := ix.Save(ctx, path, ports.Snapshot{Incarnation: life}); err != nil {
		t.Fatal(err)
	}
	back, _, err := hnsw.Engine{}.Open(path, s, life)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if kind := back.Stats().Kind; kind != "f32" {
		t.Errorf("Kind after Open = %q; want f32", kind)
	}
	if _, err := back.Remove(ids(n)); err != nil {
		t.Fatal(err)
	}
	if err := back.(*hnsw.Index).Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	add(t, back, indextest.Clustered(seed, n, dims))
	if kind := back.Stats().Kind; kind != "i8" {
		t.Errorf("Kind after all was removed, and others added = %q; want i8", kind)
	}
}

// Rows are made again when the data moves away, which must hide nothing from anybody.
func TestRowsAreMadeAgainBesideAddsSearchesAndRemovals(t *testing.T) {
	n := size()
	for i, metric := range domain.Metrics {
		t.Run(fmt.Sprint(metric), func(t *testing.T) {
			vs := far(n, 0, 300)
			ix := open(t, ports.IndexSettings{Metric: metric, Dims: dims, Storage: "i8"})
			var added atomic.Int64
			var wg sync.WaitGroup
			stop := make(chan struct{})
			for range 2 {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(seed, uint64(i)))
					for {
						select {
						case <-stop:
							return
						default:
						}
						if upTo := added.Load(); upTo > k {
							id := r.Int64N(upTo) + 1
							hits, _, err := ix.Search(ctx, ports.Query{Vector: vs[id-1], K: 1, Allow: indextest.NewSet(id)})
							if removed := id%7 == 0; err != nil || !removed && (len(hits) != 1 || hits[0].ID != id) {
								t.Errorf("Search for id %d of %d = %v, %v", id, upTo, hits, err)
							}
							if hits, _, err := ix.Search(ctx, ports.Query{Vector: vs[id-1], K: k}); err != nil || upTo > 2*k && len(hits) != k {
								t.Errorf("Search = %d hits, %v; want %d", len(hits), err, k)
							}
						}
					}
				})
			}
			for at := range n {
				id := int64(at + 1)
				if err := ix.Add([]int64{id}, vs[at:at+1]); err != nil {
					t.Fatal(err)
				}
				if id%7 == 0 {
					if removed, err := ix.Remove([]int64{id}); removed != 1 || err != nil {
						t.Fatalf("Remove = %d, %v", removed, err)
					}
				}
				added.Store(id)
			}
			close(stop)
			wg.Wait()
			if st := ix.Stats(); st.Len != n-n/7 {
				t.Errorf("Len = %d; want %d", st.Len, n-n/7)
			}
			if lost, err := ix.Audit(ctx); err != nil || len(lost) > 0 {
				t.Errorf("Audit = %d lost, %v; want none", len(lost), err)
			}
		})
	}
}
