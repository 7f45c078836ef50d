package flat_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// random returns an index of n normal vectors, made quickly.
func random(b *testing.B, m domain.Metric, n, dims int) *flat.Index {
	b.Helper()
	ix, err := flat.New(m, dims)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 9))
	pool := make([]float32, 1<<16+dims)
	for i := range pool {
		pool[i] = float32(r.NormFloat64())
	}
	ids := idsTo(n)
	for part := range slices.Chunk(ids, 1000) {
		vs := make([][]float32, len(part))
		for i := range vs {
			vs[i] = pool[r.IntN(1<<16):][:dims]
		}
		if err := ix.Add(part, vs); err != nil {
			b.Fatal(err)
		}
	}
	return ix
}

// median returns the middle of times in seconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return times[len(times)/2].Seconds()
}

// BenchmarkScan compares an exact search of 100,000 vectors with a plain read (the
// runtime's search for a byte) and a plain copy of as many bytes, one after the other in
// each round, and reports medians and the ratio of the search's bandwidth to the read's.
func BenchmarkScan(b *testing.B) {
	for _, m := range []domain.Metric{domain.InnerProduct, domain.L2} {
		for _, dims := range []int{100, 768} {
			b.Run(fmt.Sprintf("%s/%s/100000x%d", simd.Level(), m, dims), func(b *testing.B) {
				const n = 100000
				ix := random(b, m, n, dims)
				size := n * dims * 4
				plain := make([]byte, size)
				for i := range plain {
					plain[i] = byte(i&63) + 2
				}
				target := make([]byte, 1<<16)
				query := ports.Query{K: 10, Into: make([]domain.Neighbor, 0, 10), Vector: indextest.Gaussian(1, 1, dims)[0]}
				var scans, reads, copies []time.Duration
				for b.Loop() {
					t0 := time.Now()
					_, _, _ = ix.Search(context.Background(), query)
					t1 := time.Now()
					if bytes.IndexByte(plain, 1) >= 0 {
						b.Fatal("found what is not there")
					}
					t2 := time.Now()
					for from := 0; from < size; from += len(target) {
						copy(target, plain[from:])
					}
					scans, reads = append(scans, t1.Sub(t0)), append(reads, t2.Sub(t1))
					copies = append(copies, time.Since(t2))
				}
				gb := float64(size) / 1e9
				scan, read := median(scans), median(reads)
				b.ReportMetric(gb/scan, "scan-GB/s")
				b.ReportMetric(gb/read, "read-GB/s")
				b.ReportMetric(gb/median(copies), "copy-GB/s")
				b.ReportMetric(read/scan, "scan/read")
				b.ReportMetric(scan*1e3, "ms/search")
			})
		}
	}
}

// BenchmarkSizes is the cost of one exact search by size, for the choice between the
// flat index and a graph. The caches are as warm as repeating leaves them.
func BenchmarkSizes(b *testing.B) {
	for _, dims := range []int{100, 768} {
		for _, n := range []int{100, 1000, 5000, 10000, 20000, 50000} {
			b.Run(fmt.Sprintf("%dx%d", n, dims), func(b *testing.B) {
				ix := random(b, domain.Cosine, n, dims)
				q := ports.Query{K: 10, Into: make([]domain.Neighbor, 0, 10), Vector: indextest.Gaussian(1, 1, dims)[0]}
				b.ReportAllocs()
				for b.Loop() {
					_, _, _ = ix.Search(context.Background(), q)
				}
			})
		}
	}
}

// BenchmarkAllowedIDs compares the cost of an id that is found and scored alone with
// that of a row in a scan, side by side: the ratio is what idsWorthScanning rests on.
func BenchmarkAllowedIDs(b *testing.B) {
	for _, dims := range []int{16, 100, 384, 768, 1536} {
		n := 30_000_000 / (dims + 100)
		b.Run(fmt.Sprintf("%dx%d", n, dims), func(b *testing.B) {
			ix := random(b, domain.Cosine, n, dims)
			r := rand.New(rand.NewPCG(seed, 4))
			var few []int64
			for range n / 200 {
				few = append(few, r.Int64N(int64(n))+1)
			}
			allow := indextest.NewSet(few...)
			q := ports.Query{K: 10, Into: make([]domain.Neighbor, 0, 10), Vector: indextest.Gaussian(1, 1, dims)[0]}
			var alone, scans []time.Duration
			for b.Loop() {
				t0 := time.Now()
				q.Allow = nil
				_, _, _ = ix.Search(context.Background(), q)
				t1 := time.Now()
				q.Allow = allow
				_, _, _ = ix.Search(context.Background(), q)
				scans, alone = append(scans, t1.Sub(t0)), append(alone, time.Since(t1))
			}
			perID, perRow := median(alone)/float64(allow.Len())*1e9, median(scans)/float64(n)*1e9
			b.ReportMetric(perID, "ns/id")
			b.ReportMetric(perRow, "ns/row")
			b.ReportMetric(perID/perRow, "rows/id")
		})
	}
}

// BenchmarkAdd is the cost of adding vectors in batches of 500.
func BenchmarkAdd(b *testing.B) {
	const batch = 500
	for _, dims := range []int{100, 768} {
		b.Run(fmt.Sprintf("x%d", dims), func(b *testing.B) {
			vs := indextest.Gaussian(seed, batch, dims)
			ids := idsTo(batch)
			var ix *flat.Index
			added := 0
			for b.Loop() {
				if added%50000 == 0 {
					ix, _ = flat.New(domain.Cosine, dims)
				}
				for i := range ids {
					ids[i] = int64(added%50000 + i + 1)
				}
				if err := ix.Add(ids, vs); err != nil {
					b.Fatal(err)
				}
				added += batch
			}
			b.ReportMetric(float64(added)/b.Elapsed().Seconds(), "vectors/s")
			b.SetBytes(int64(batch * dims * int(unsafe.Sizeof(float32(0)))))
		})
	}
}
