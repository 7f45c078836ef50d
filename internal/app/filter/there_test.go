package filter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain/filterlang"
)

// TestCountThere counts fields while chunks change, some of which have expired, with and without
// room for it, and beside filters that have fields in memory by their values.
func TestCountThere(t *testing.T) {
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for _, limit := range []int64{0, 2_000} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 13))
			r, next := newRows(), int64(1)
			ix := filter.New(limit)
			fields := []filterlang.Field{{Path: []string{"a"}}, {Path: []string{"b"}}, {Path: []string{"b", "a"}}, {Path: []string{"none"}}, {Path: []string{"n"}}}
			for i := range 500 {
				written, deleted := randomChange(rng, r, &next)
				for j := range written {
					if rng.IntN(4) == 0 {
						written[j].ExpiresAt = now.Add(time.Duration(rng.IntN(3)-1) * time.Hour)
					}
				}
				r.change(ix, written, deleted)
				want := make([]int64, len(fields))
				for _, c := range r.chunks {
					for j, f := range fields {
						exists := filterlang.Filter{Op: filterlang.Exists, Field: f}
						if exists.Matches(&c) && !c.Expired(now) {
							want[j]++
						}
					}
				}
				if i == 300 {
					if _, err := ix.Resolve(t.Context(), parse(t, `{"a":{"$gt":1}}`), now, r); err != nil {
						t.Fatal(err)
					}
				}
				reads := r.reads
				got, err := ix.CountThere(t.Context(), fields, now, r)
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("%d: CountThere = %v, %v; want %v", i, got, err, want)
				}
				if i > 0 && limit == 0 && r.reads > reads {
					t.Fatalf("%d: rows are read again", i)
				}
			}
		})
	}
}
