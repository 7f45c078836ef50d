package filter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
)

// TestAnyValueAsksOneValue compares ranges over chunks with several values, of which each
// may meet another bound.
func TestAnyValueAsksOneValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed, 7))
	r, ix := newRows(), filter.New(0)
	for id := int64(1); id <= 400; id++ {
		text := fmt.Sprintf(`{"a":%d}`, rng.IntN(50))
		if id%3 == 0 {
			text = fmt.Sprintf(`{"a":[%d,%d],"b":"x"}`, rng.IntN(50), rng.IntN(50))
		}
		r.change(ix, []domain.Chunk{{ID: id, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: text}}}, nil)
	}
	narrower := 0
	for range 200 {
		low := rng.IntN(50)
		high := low + rng.IntN(10)
		each := resolve(t, ix, parse(t, fmt.Sprintf(`{"a":{"$gte":%d,"$lte":%d}}`, low, high)), r)
		for _, text := range []string{
			fmt.Sprintf(`{"a":{"$any_value":{"$gte":%d,"$lte":%d}}}`, low, high),
			fmt.Sprintf(`{"a":{"$any_value":{"$gte":%d,"$lte":%d,"$nin":[%d]}}}`, low, high, low),
			fmt.Sprintf(`{"$.a[*]":{"$any_value":{"$gte":%d,"$lte":%d}}}`, low, high),
		} {
			f := parse(t, text)
			got, want := resolve(t, ix, f, r), r.matching(f)
			if !slices.Equal(got, want) {
				t.Fatalf("%s selects %v; want %v", text, got, want)
			}
			if len(want) < len(each) {
				narrower++
			}
		}
	}
	if narrower < 100 {
		t.Errorf("one value was asked more than each bound for itself %d times; want 100, or this proves little", narrower)
	}
}
