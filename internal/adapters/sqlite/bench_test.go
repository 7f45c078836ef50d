package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// benchChunks makes n chunks of dims components with texts of size bytes.
func benchChunks(n, dims, size int) []domain.Chunk {
	rng := rand.New(rand.NewPCG(1, uint64(dims)))
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		v := make([]float32, dims)
		for j := range v {
			v[j] = rng.Float32() - 0.5
		}
		text := fmt.Sprintf("chunk %d ", i)
		text += strings.Repeat("w", max(size-len(text), 0))
		chunks[i] = domain.Chunk{Text: text, Metadata: domain.MetadataString(`{"source":"readme","page":3}`), Embedding: v}
	}
	return chunks
}

func benchStore(b *testing.B, o *sqlite.Options) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "memista.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func benchWrite(b *testing.B, s *sqlite.Store, id string, chunks []domain.Chunk) domain.Database {
	c, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks}, nil)
	if err != nil {
		b.Fatal(err)
	}
	return c.Database
}

// BenchmarkInsertBatches is one caller with batches of 500, an fsync each.
func BenchmarkInsertBatches(b *testing.B) {
	for _, dims := range []int{100, 768} {
		b.Run(fmt.Sprintf("%dd", dims), func(b *testing.B) {
			s, chunks := benchStore(b, nil), benchChunks(500, dims, 100)
			for b.Loop() {
				benchWrite(b, s, "bench", chunks)
			}
			b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkInsertSingles is callers with one chunk a time.
func BenchmarkInsertSingles(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("%dcallers", callers), func(b *testing.B) {
			s, chunks := benchStore(b, nil), benchChunks(1, 100, 100)
			benchWrite(b, s, "bench", chunks)
			before := s.Stats()
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						benchWrite(b, s, "bench", chunks)
					}
				})
			}
			wg.Wait()
			after := s.Stats()
			b.ReportMetric(float64(after.Batches-before.Batches)/float64(after.Syncs-before.Syncs), "acks/fsync")
		})
	}
}

// BenchmarkHydrate reads ten rows of a database that fits the caches, as the hits of a
// search are.
func BenchmarkHydrate(b *testing.B) {
	s := benchStore(b, nil)
	db := benchWrite(b, s, "bench", benchChunks(100, 8, 100))
	ids := []int64{5, 99, 3, 77, 43, 21, 8, 66, 54, 31}
	b.ReportAllocs()
	for b.Loop() {
		got, err := s.Chunks(ctx, db, domain.Selection{IDs: ids}, domain.DefaultFields)
		if err != nil || len(got) != len(ids) {
			b.Fatalf("Chunks(10 ids) = %d chunks, %v; want 10", len(got), err)
		}
	}
}

// BenchmarkPages shows, for each page size, what a single insert costs in the log, what
// ten random rows cost to read, and (in the sub-benchmarks) the disk used per raw vector.
func BenchmarkPages(b *testing.B) {
	for _, size := range []int{8 << 10, 16 << 10, 32 << 10} {
		o := sqlite.Options{}.WithPageSize(size)
		for _, text := range []int{100, 1000} {
			b.Run(fmt.Sprintf("hydrate/%dK/text%d", size>>10, text), func(b *testing.B) {
				benchHydrate(b, benchStore(b, o), benchChunks(1000, 8, text))
			})
		}
		b.Run(fmt.Sprintf("single/%dK", size>>10), func(b *testing.B) {
			s, chunks := benchStore(b, o), benchChunks(1, 768, 500)
			for b.Loop() {
				benchWrite(b, s, "bench", chunks)
			}
		})
		for _, dims := range []int{100, 384, 768, 1024, 1536, 3072} {
			b.Run(fmt.Sprintf("disk/%dK/%dd", size>>10, dims), func(b *testing.B) {
				var ratio float64
				for range b.N {
					ratio = diskRatio(b, o, dims)
				}
				b.ReportMetric(ratio, "disk/raw")
			})
		}
	}
}

func benchHydrate(b *testing.B, s *sqlite.Store, chunks []domain.Chunk) {
	const batches = 50
	var db domain.Database
	for range batches {
		db = benchWrite(b, s, "bench", chunks)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	ids := make([]int64, 10)
	for b.Loop() {
		for i := range ids {
			ids[i] = 1 + rng.Int64N(int64(batches*len(chunks)))
		}
		got, err := s.Chunks(ctx, db, domain.Selection{IDs: ids}, domain.DefaultFields)
		if err != nil || len(got) != len(ids) {
			b.Fatalf("Chunks(10 ids) = %d chunks, %v; want 10", len(got), err)
		}
	}
}

// diskRatio is the size of the closed file with 2,000 chunks of 100 bytes of text,
// divided by that of their vectors.
func diskRatio(tb testing.TB, o *sqlite.Options, dims int) float64 {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "memista.db")
	s, err := sqlite.Open(ctx, path, o)
	if err != nil {
		tb.Fatal(err)
	}
	const n = 2000
	for range n / 500 {
		if _, err := s.Write(ctx, domain.Batch{Database: "d", Create: &domain.Settings{}, Put: benchChunks(500, dims, 100)}, nil); err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return float64(fileSize(tb, path)) / float64(4*dims*n)
}
