//go:build usearch && cgo

package usearch_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
	"github.com/memista/memista/test/bench/vectors"
)

const benchDims = 100

// bench returns an index of n generated vectors that always walks, and queries.
func bench(b *testing.B, n int) (ports.VectorIndex, *vectors.Set) {
	b.Helper()
	set := vectors.NewMade(vectors.Made{Dims: benchDims, Seed: 1}, n)
	ix, err := usearch.Engine{Walk: true}.New(ports.IndexSettings{Metric: domain.Cosine, Dims: benchDims})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ix.Close() })
	if err := ix.Add(set.IDs(), set.Rows); err != nil {
		b.Fatal(err)
	}
	return ix, set
}

// BenchmarkFilter times, for filters that let a part of the vectors through, the walk and
// the exact comparison of all that are allowed. Where they cross is what exactUpTo goes by.
func BenchmarkFilter(b *testing.B) {
	const n = 50000
	ix, set := bench(b, n)
	for _, step := range []int{1, 2, 3, 4, 6, 10, 20, 100} {
		var ids []int64
		for id := int64(1); id <= n; id += int64(step) {
			ids = append(ids, id)
		}
		allow := indextest.NewSet(ids...)
		for _, exact := range []bool{false, true} {
			b.Run(fmt.Sprintf("one of %d/exact=%v", step, exact), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					q := ports.Query{Vector: set.Queries[i%len(set.Queries)], K: 10, Allow: allow, Exact: exact}
					if _, _, err := ix.Search(context.Background(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	for _, exact := range []bool{false, true} {
		b.Run(fmt.Sprintf("no filter/exact=%v", exact), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, _, err := ix.Search(context.Background(), ports.Query{Vector: set.Queries[i%len(set.Queries)], K: 10, Exact: exact}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSearchBesideWriter reports the 50th and 99th percentile of searches, alone
// and while another goroutine adds without a pause.
func BenchmarkSearchBesideWriter(b *testing.B) {
	const n = 20000
	ix, set := bench(b, n)
	more := vectors.Made{Dims: benchDims, Seed: 1}.Rows(n, 4000)
	for _, writing := range []bool{false, true} {
		b.Run(fmt.Sprintf("writing=%v", writing), func(b *testing.B) {
			stop := make(chan struct{})
			var writer sync.WaitGroup
			if writing {
				writer.Go(func() { keepAdding(b, ix, more, stop) })
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if _, _, err := ix.Search(context.Background(), ports.Query{Vector: set.Queries[i%len(set.Queries)], K: 10}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			close(stop)
			writer.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// keepAdding replaces the same vectors, 100 at a time, until stop is closed.
func keepAdding(b *testing.B, ix ports.VectorIndex, flat []float32, stop chan struct{}) {
	for first := 0; ; first = (first + 100) % (len(flat) / benchDims) {
		select {
		case <-stop:
			return
		default:
		}
		var ids []int64
		var rows [][]float32
		for i := first; i < first+100; i++ {
			ids = append(ids, int64(1_000_000+i))
			rows = append(rows, flat[i*benchDims:(i+1)*benchDims])
		}
		if err := ix.Add(ids, rows); err != nil {
			b.Error(err)
			return
		}
	}
}
