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

// BenchmarkAllowed searches among the ids that a filter allows.
func BenchmarkAllowed(b *testing.B) {
	const n, dims = 50_000, 100
	ix, err := hnsw.Engine{}.New(ports.IndexSettings{Metric: domain.Cosine, Dims: dims, EfConstruction: 40})
	if err != nil {
		b.Fatal(err)
	}
	defer ix.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	ids, vectors := make([]int64, n), make([][]float32, n)
	for i := range ids {
		ids[i], vectors[i] = int64(i+1), make([]float32, dims)
		for d := range vectors[i] {
			vectors[i][d] = float32(rng.NormFloat64())
		}
	}
	if err := ix.Add(ids, vectors); err != nil {
		b.Fatal(err)
	}
	for _, share := range []float64{1, 0.5, 0.1, 0.01, 0.001} {
		set := roaring64.New()
		for _, id := range ids {
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
