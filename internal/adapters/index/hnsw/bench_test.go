package hnsw_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// bitmap is a set of ids as filters resolve to.
type bitmap struct{ *roaring64.Bitmap }

func (b bitmap) Contains(id int64) bool { return b.Bitmap.Contains(uint64(id)) }
func (b bitmap) Len() int               { return int(b.GetCardinality()) }
func (b bitmap) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for it := b.Iterator(); it.HasNext(); {
			if !yield(int64(it.Next())) {
				return
			}
		}
	}
}

// batched is a bitmap that gives out many ids at a time.
type batched struct{ bitmap }

func (b batched) Batches(buf []int64) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		var some [256]uint64
		it := b.ManyIterator()
		for {
			n := it.NextMany(some[:min(len(some), len(buf))])
			for i, id := range some[:n] {
				buf[i] = int64(id)
			}
			if n == 0 || !yield(buf[:n]) {
				return
			}
		}
	}
}

// filled returns an index and the n random vectors of 100 dimensions that are in it.
func filled(b *testing.B, s ports.IndexSettings, n int) (ports.VectorIndex, [][]float32) {
	b.Helper()
	s.Dims, s.EfConstruction = 100, 40
	ix, err := hnsw.Engine{}.New(s)
	if err != nil {
		b.Fatal(err)
	}
	vectors := indextest.Gaussian(1, n, s.Dims)
	if err := ix.Add(ids(n), vectors); err != nil {
		b.Fatal(err)
	}
	return ix, vectors
}

// usual are the metrics with the kinds of rows that they have by default, and the third kind.
var usual = []ports.IndexSettings{
	{Metric: domain.Cosine, Storage: "i8"}, {Metric: domain.InnerProduct, Storage: "i8"},
	{Metric: domain.L2, Storage: "f32"}, {Metric: domain.Cosine, Storage: "bf16"},
}

// BenchmarkAdd adds 4,000 vectors to an empty index.
func BenchmarkAdd(b *testing.B) {
	for _, s := range usual {
		b.Run(fmt.Sprintf("%s %s", s.Metric, s.Storage), func(b *testing.B) {
			for b.Loop() {
				ix, _ := filled(b, s, 4000)
				ix.Close()
			}
		})
	}
}

// BenchmarkSearch searches among 20,000 vectors by walks, and in one case by comparing all.
func BenchmarkSearch(b *testing.B) {
	search := func(b *testing.B, ix ports.VectorIndex, vectors [][]float32, exact bool) {
		into := make([]domain.Neighbor, 0, 10)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, _, err := ix.Search(b.Context(), ports.Query{Vector: vectors[i%len(vectors)], K: 10, Exact: exact, Into: into}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for i, s := range usual {
		ix, vectors := filled(b, s, 20_000)
		name := fmt.Sprintf("%s %s", s.Metric, s.Storage)
		b.Run(name, func(b *testing.B) { search(b, ix, vectors, false) })
		if i == 0 {
			b.Run(name+" exact", func(b *testing.B) { search(b, ix, vectors, true) })
		}
		ix.Close()
	}
}

// BenchmarkAllowed searches among the ids that a filter allows.
func BenchmarkAllowed(b *testing.B) {
	const n = 50_000
	ix, vectors := filled(b, ports.IndexSettings{Metric: domain.Cosine}, n)
	defer ix.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, share := range []float64{1, 0.5, 0.1, 0.01, 0.001} {
		set := roaring64.New()
		for _, id := range ids(n) {
			if rng.Float64() < share {
				set.Add(uint64(id))
			}
		}
		for name, allow := range map[string]ports.IDSet{"listed": bitmap{set}, "batched": batched{bitmap{set}}} {
			if share == 1 {
				name, allow = "all", nil
			}
			b.Run(fmt.Sprintf("%g %% %s", share*100, name), func(b *testing.B) {
				into := make([]domain.Neighbor, 0, 10)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, _, err := ix.Search(b.Context(), ports.Query{Vector: vectors[i%n], K: 10, Allow: allow, Into: into}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
