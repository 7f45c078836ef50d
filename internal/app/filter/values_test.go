package filter_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/ports/repotest"
)

// countValues is the reference: every chunk once for each of its values.
func (r *rows) countValues(f *filterlang.Filter, field filterlang.Field) []filter.ValueCount {
	counts := map[filterlang.Value]int{}
	for _, c := range r.chunks {
		if !f.Matches(&c) {
			continue
		}
		values := map[filterlang.Value]bool{}
		field.Leaves(&c, func(l filterlang.Leaf) { values[l.Value] = true })
		for v := range values {
			counts[v]++
		}
	}
	list := []filter.ValueCount{}
	for v, n := range counts {
		list = append(list, filter.ValueCount{Value: v, Chunks: n})
	}
	slices.SortFunc(list, func(a, b filter.ValueCount) int {
		if a.Chunks != b.Chunks {
			return cmp.Compare(b.Chunks, a.Chunks)
		}
		return a.Value.Compare(b.Value)
	})
	return list
}

func TestCountValues(t *testing.T) {
	for _, limit := range []int64{0, 2_000} { // with the second no field fits
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 11))
			r, next := newRows(), int64(1)
			ix := filter.New(limit)
			for range 100 {
				w, d := randomChange(rng, r, &next)
				r.change(ix, w, d)
			}
			some := 0
			for i := range 400 {
				w, d := randomChange(rng, r, &next)
				r.change(ix, w, d)
				f, field := parse(t, repotest.RandomFilter(rng)), filterlang.Field{Path: []string{[]string{"a", "b", "c", "n"}[rng.IntN(4)]}}
				if rng.IntN(3) == 0 {
					field.Path = append(field.Path, "a")
				}
				if rng.IntN(2) == 0 {
					f = &filterlang.Filter{}
				}
				want := r.countValues(f, field)
				top := 1 + rng.IntN(5)
				got, distinct, err := ix.CountValues(t.Context(), f, field, time.Time{}, top, r)
				if err != nil || distinct != len(want) {
					t.Fatalf("%d: CountValues(%s, %s) has %d values, %v; want %d", i, f, field, distinct, err, len(want))
				}
				if diff := gocmp.Diff(want[:min(top, len(want))], got); diff != "" {
					t.Fatalf("%d: CountValues(%s, %s) (-want +got):\n%s", i, f, field, diff)
				}
				if distinct > 1 {
					some++
				}
			}
			if some < 100 {
				t.Errorf("%d of 400 have several values; want 100, or they prove little", some)
			}
		})
	}
}
