package filter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
)

// listed is chunks with the ids 1, 2, 3 …
type listed []domain.Chunk

func (l listed) Page(_ context.Context, after int64, _ domain.Fields) ([]domain.Chunk, bool, error) {
	to := min(int(after)+2048, len(l))
	return l[after:to], to < len(l), nil
}

func (l listed) Matching(context.Context, *filterlang.Filter, time.Time) ([]int64, error) {
	return nil, nil
}

func (l listed) Told(context.Context) error { return nil }

// BenchmarkResolve answers filters that differ in their constants, over 100,000 chunks.
func BenchmarkResolve(b *testing.B) {
	const n = 100_000
	rng := rand.New(rand.NewPCG(seed, 7))
	chunks := make(listed, n)
	places := rng.Perm(n)
	for i := range chunks {
		text := fmt.Sprintf(`{"place":%d,"label":"label %d","half":%d}`, places[i], rng.IntN(1000), rng.IntN(2))
		chunks[i] = domain.Chunk{ID: int64(i + 1), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: text}}
	}
	ix := filter.New(0)
	for _, share := range []float64{0.5, 0.1, 0.01, 0.001} {
		width := int(share * n)
		shapes := map[string]func() string{
			"range": func() string {
				low := rng.IntN(n - width + 1)
				return fmt.Sprintf(`{"place":{"$gte":%d,"$lt":%d}}`, low, low+width)
			},
			"in": func() string {
				var names []string
				for _, i := range rng.Perm(1000)[:width/100] {
					names = append(names, fmt.Sprintf(`"label %d"`, i))
				}
				return `{"label":{"$in":[` + strings.Join(names, ",") + `]}}`
			},
			"and": func() string { return fmt.Sprintf(`{"half":1,"place":{"$lt":%d}}`, width+rng.IntN(100)) },
		}
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range shapes {
				if !yield(name) {
					return
				}
			}
		}) {
			b.Run(fmt.Sprintf("%s/%.1f%%", name, 100*share), func(b *testing.B) {
				var filters []*filterlang.Filter
				for range 200 {
					filters = append(filters, parse(b, shapes[name]()))
				}
				resolve := func(i int) {
					if _, err := ix.Resolve(b.Context(), filters[i%len(filters)], noon, chunks); err != nil {
						b.Fatal(err)
					}
				}
				resolve(0)
				b.ResetTimer()
				for i := range b.N {
					resolve(i)
				}
			})
		}
	}
}
