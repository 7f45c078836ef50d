package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports/repotest"
)

// seeded returns a service in memory whose random numbers are always the same.
func seeded(t *testing.T) *app.Service {
	t.Helper()
	rng, mu := rand.New(rand.NewPCG(17, 4)), new(sync.Mutex)
	s, err := app.New(app.Config{Repository: repotest.NewMemory(), Flat: flat.Engine{}, Random: func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return rng.Int64N(n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Every chunk that the filter selects is drawn as often as any other, at every place. The random
// numbers have a seed, so the test has one outcome: a bound of chi-squared that one fair
// generator in a thousand exceeds.
func TestSamplesAreFair(t *testing.T) {
	s := seeded(t)
	const n, drawn, rounds = 30, 4, 3000
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk(fmt.Sprint(i), 1, 1)
		chunks[i].Metadata = *metadata(t, fmt.Sprintf(`{"third":%v}`, i%3 == 0))
	}
	insert(t, s, "a", chunks...)
	third, err := filterlang.Parse([]byte(`{"third":true}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		filter *filterlang.Filter
		of     int
		most   float64 // of chi-squared with of - 1 degrees of freedom
	}{"all": {nil, n, 58.3}, "a third": {&third, n / 3, 27.9}} {
		var counts [drawn]map[int64]int
		for range rounds {
			got, err := s.Sample(t.Context(), app.Sample{Database: "a", Filter: tc.filter, N: drawn, Fields: domain.FieldText})
			if err != nil || len(got) != drawn {
				t.Fatalf("%s: Sample = %v, %v; want %d", name, got, err, drawn)
			}
			seen := map[int64]bool{}
			for place, c := range got {
				if counts[place] == nil {
					counts[place] = map[int64]int{}
				}
				counts[place][c.ID]++
				if seen[c.ID] || c.Text != fmt.Sprint(c.ID-1) || c.Metadata.Text != "" {
					t.Fatalf("%s: Sample = %+v; want each once, with its text", name, got)
				}
				seen[c.ID] = true
			}
		}
		for place, count := range counts {
			want, sum := float64(rounds)/float64(tc.of), 0.0
			for _, n := range count {
				sum += (float64(n) - want) * (float64(n) - want) / want
			}
			sum += float64(tc.of-len(count)) * want
			if sum > tc.most || len(count) != tc.of {
				t.Errorf("%s: place %d has chi-squared %.1f over %d chunks; want at most %.1f over %d", name, place, sum, len(count), tc.most, tc.of)
			}
		}
	}
}

func TestSamplesOfFewChunks(t *testing.T) {
	s := seeded(t)
	insert(t, s, "a", chunk("1", 1), chunk("2", 1), chunk("3", 1))
	got, err := s.Sample(t.Context(), app.Sample{Database: "a"})
	ids := []int64{}
	for _, c := range got {
		ids = append(ids, c.ID)
	}
	if slices.Sort(ids); err != nil || !slices.Equal(ids, []int64{1, 2, 3}) {
		t.Errorf("Sample = %v, %v; want all three", ids, err)
	}
	none, err := filterlang.Parse([]byte(`{"x":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Sample(t.Context(), app.Sample{Database: "a", Filter: &none}); err != nil || len(got) != 0 {
		t.Errorf("Sample of nothing = %v, %v; want none", got, err)
	}
	if _, err := s.Sample(t.Context(), app.Sample{Database: "a", N: -1}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Sample of -1 = %v; want ErrInvalid", err)
	}
	if _, err := s.Sample(t.Context(), app.Sample{Database: "none"}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Sample of a database that is not there = %v; want ErrNotFound", err)
	}
}
