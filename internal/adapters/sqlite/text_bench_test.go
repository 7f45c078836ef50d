package sqlite_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// proseWord draws one of 50,000 made words, whose frequencies fall with their rank as
// those of a language do.
func proseWord(r *rand.Rand) string {
	rank := uint64(math.Exp(r.Float64() * math.Log(50_000)))
	w := rand.New(rand.NewPCG(rank, 1))
	b := make([]byte, 3+w.IntN(7))
	for i := range b {
		b[i] = byte('a' + w.IntN(26))
	}
	return string(b)
}

func prose(r *rand.Rand, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = proseWord(r)
	}
	return strings.Join(words, " ")
}

// BenchmarkTextInsert stores chunks of 12 words and 100 dimensions, with full text and
// without.
func BenchmarkTextInsert(b *testing.B) {
	for _, size := range []int{500, 1} {
		for _, full := range append([]domain.Tokenizer{""}, domain.Tokenizers...) {
			b.Run(fmt.Sprintf("batch=%d/full_text=%q", size, full), func(b *testing.B) {
				s := openWith(b, filepath.Join(b.TempDir(), "memista.db"))
				r := rand.New(rand.NewPCG(1, 1))
				chunks := make([]domain.Chunk, size)
				for b.Loop() {
					for i := range chunks {
						chunks[i] = domain.Chunk{Text: prose(r, 12), Embedding: make([]float32, 100)}
					}
					if _, err := s.Write(ctx, domain.Batch{Database: "db", Create: &domain.Settings{FullText: full}, Put: chunks}, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "chunks/s")
			})
		}
	}
}

// BenchmarkTextSearch searches 100,000 texts of 12 words for three words, drawn as the
// texts were: most queries have one of the commonest.
func BenchmarkTextSearch(b *testing.B) {
	s := openWith(b, filepath.Join(b.TempDir(), "memista.db"))
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		chunks := make([]domain.Chunk, 500)
		for i := range chunks {
			chunks[i] = domain.Chunk{Text: prose(r, 12), Embedding: []float32{1}}
		}
		putTexts(b, s, "db", chunks...)
	}
	db, err := s.Find(ctx, "db")
	if err != nil {
		b.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		b.Run(fmt.Sprintf("all=%v", all), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				terms, err := domain.ParseText(prose(r, 3), domain.Words)
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				if _, err := s.SearchText(ctx, db, ports.TextQuery{Terms: terms, All: all, K: 10}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
		})
	}
}
