package sparse_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/domain"
)

// zipfVectors makes n vectors of about 40 words out of 100,000 that are as frequent as those
// of a language.
func zipfVectors(n int) []domain.Chunk {
	r := rand.New(rand.NewPCG(1, 1))
	z := rand.NewZipf(r, 1.07, 8, 100_000)
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		entries := map[uint32]bool{}
		for range 48 {
			entries[uint32(z.Uint64())*2654435761] = true
		}
		v := domain.SparseVector{}
		for index := range entries {
			v.Indices, v.Values = append(v.Indices, index), append(v.Values, r.Float32())
		}
		chunks[i] = domain.Chunk{ID: int64(i + 1), Sparse: domain.SparseVectors{"a": v.Sorted()}}
	}
	return chunks
}

// BenchmarkSearch asks 100,000 chunks for what is near 8 words, and near all 40 of a chunk.
func BenchmarkSearch(b *testing.B) {
	chunks := zipfVectors(100_000)
	ix := sparse.New()
	if _, err := ix.Search(b.Context(), "a", sparse.Query{K: 1}, newTable()); err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ix.Apply(chunks, nil)
	runtime.GC()
	runtime.ReadMemStats(&after)
	entries := 0
	for i := range chunks {
		entries += len(chunks[i].Sparse["a"].Indices)
	}
	b.Logf("%.1f entries a chunk; %d bytes counted, %d of the heap", float64(entries)/float64(len(chunks)), ix.Bytes(), after.HeapAlloc-before.HeapAlloc)
	for _, words := range []int{8, 40} {
		b.Run(fmt.Sprintf("words=%d", words), func(b *testing.B) {
			took, i := []time.Duration{}, 0
			for b.Loop() {
				v := chunks[i*7919%len(chunks)].Sparse["a"]
				step := max(1, len(v.Indices)/words)
				q := domain.SparseVector{}
				for j := 0; j < len(v.Indices) && len(q.Indices) < words; j += step {
					q.Indices, q.Values = append(q.Indices, v.Indices[j]), append(q.Values, v.Values[j])
				}
				began := time.Now()
				if _, err := ix.Search(b.Context(), "a", sparse.Query{Vector: q, IDF: true, K: 10}, nil); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				i++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkApply replaces one chunk of 100,000.
func BenchmarkApply(b *testing.B) {
	chunks := zipfVectors(100_000)
	ix := sparse.New()
	if _, err := ix.Search(b.Context(), "a", sparse.Query{K: 1}, newTable()); err != nil {
		b.Fatal(err)
	}
	ix.Apply(chunks, nil)
	i := 0
	for b.Loop() {
		i++
		c := chunks[i*104729%len(chunks)]
		c.ID = int64(1 + i*7919%len(chunks))
		ix.Apply([]domain.Chunk{c}, nil)
	}
}
