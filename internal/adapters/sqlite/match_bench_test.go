package sqlite_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// BenchmarkMatching asks filters of 50,000 rows with about 500 bytes of text each.
func BenchmarkMatching(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "memista.db"), nil)
	chunks := make([]domain.Chunk, 50_000)
	for i := range chunks {
		metadata := fmt.Sprintf(`{"source":"doc%d","page":%d,"author":{"name":"n%d"},"tags":["a","b%d"]}`, i%100, i, i%7, i%9)
		chunks[i] = domain.Chunk{
			Text: fmt.Sprint(i, strings.Repeat(" some words of text", 25)), Embedding: []float32{1},
			Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: metadata},
		}
	}
	db := put(b, s, "d", chunks...).Database
	for _, text := range []string{`{"$text":{"$contains":"4999"}}`, `{"page":{"$gt":49000}}`, `{"author.name":"n3"}`, `{"tags":"b4"}`} {
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				ids, err := s.Matching(ctx, db, &f, domain.Selection{Limit: math.MaxInt})
				if err != nil || len(ids) == 0 {
					b.Fatalf("Matching(%s) = %d ids, %v; want some", text, len(ids), err)
				}
			}
		})
	}
}
