package filter_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports/repotest"
)

// placesOf is the reference: all chunks, sorted.
func (r *rows) placesOf(q *filter.SortQuery) []filterlang.Place {
	list := []filterlang.Place{}
	for _, c := range r.chunks {
		if !q.Filter.Matches(&c) {
			continue
		}
		var own []filterlang.Place
		q.Sort.Field.Leaves(&c, func(l filterlang.Leaf) {
			rank, ok := q.Sort.Rank(l.Value)
			if p := (filterlang.Place{Rank: rank, ID: c.ID}); ok && !slices.Contains(own, p) {
				own = append(own, p)
			}
		})
		slices.SortFunc(own, q.Sort.Compare)
		if !q.Sort.Each {
			own = own[:min(1, len(own))]
		}
		list = append(list, own...)
	}
	slices.SortFunc(list, q.Sort.Compare)
	if q.After != nil {
		list = slices.DeleteFunc(list, func(p filterlang.Place) bool { return q.Sort.Compare(p, *q.After) <= 0 })
	}
	return list[:min(q.N, len(list))]
}

// sortable gives c a field with values that are sorted: numbers, times in several spellings,
// words, and arrays of them.
func sortable(rng *rand.Rand, c *domain.Chunk) {
	if rng.IntN(8) == 0 {
		return
	}
	one := func() string {
		n := rng.IntN(40)
		switch rng.IntN(6) {
		case 0:
			return fmt.Sprintf("%d.5", n)
		case 1:
			return fmt.Sprintf(`"2026-01-%02d"`, n%28+1)
		case 2:
			return fmt.Sprintf(`"2026-01-%02dT00:00:00Z"`, n%28+1)
		case 3:
			return fmt.Sprintf(`"w%d"`, n)
		case 4:
			return []string{"null", "true"}[n%2]
		}
		return fmt.Sprint(n)
	}
	values := []string{one()}
	for rng.IntN(3) == 0 {
		values = append(values, one())
	}
	value := strings.Join(values, ",")
	if len(values) > 1 {
		value = "[" + value + "]"
	}
	object := c.Metadata.Text
	if c.Metadata.Form != domain.ObjectMetadata || object == "{}" || strings.Contains(object, `"s":`) {
		object = "{ }"
	}
	text := `{"s":` + value + "," + strings.TrimPrefix(object, "{")
	c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: strings.Replace(text, ", }", "}", 1)}
}

func TestPlaces(t *testing.T) {
	for _, limit := range []int64{0, 2_000} { // with the second no field fits
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 12))
			r, next := newRows(), int64(1)
			ix := filter.New(limit)
			change := func() {
				written, deleted := randomChange(rng, r, &next)
				for i := range written {
					sortable(rng, &written[i])
				}
				r.change(ix, written, deleted)
			}
			for range 300 {
				change()
			}
			field, some := filterlang.Field{Path: []string{"s"}}, 0
			for i := range 1500 {
				if i%3 == 0 {
					change()
				}
				q := &filter.SortQuery{Filter: &filterlang.Filter{}, N: 1 + rng.IntN(30), Bytes: 1 << 20}
				q.Sort = &filterlang.Sort{Field: field, Descending: rng.IntN(2) == 0, Each: rng.IntN(2) == 0, NoTexts: rng.IntN(3) == 0}
				if rng.IntN(2) == 0 {
					q.Filter = parse(t, repotest.RandomFilter(rng))
				}
				if rng.IntN(3) > 0 {
					all := *q
					all.N = 1 << 20
					if list := r.placesOf(&all); len(list) > 0 {
						q.After = &list[rng.IntN(len(list))]
					}
				}
				want := r.placesOf(q)
				got, err := ix.Places(t.Context(), q, r)
				if err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(want, append([]filterlang.Place{}, got...)); diff != "" {
					t.Fatalf("%d: Places(%s, %+v, %+v) (-want +got):\n%s", i, q.Filter, *q.Sort, q.After, diff)
				}
				if len(want) > 5 {
					some++
				}
			}
			if some < 500 {
				t.Errorf("%d of 1500 have several places; want 500, or they prove little", some)
			}
		})
	}
}

func TestPlacesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1000)
	g := &generated{n: 30, meta: func(id int64) string { return fmt.Sprintf(`{"a":"%d%s"}`, id, long) }}
	q := &filter.SortQuery{Filter: &filterlang.Filter{}, Sort: &filterlang.Sort{Field: filterlang.Field{Path: []string{"a"}}}, N: 9, Bytes: 10_000}
	if got, err := filter.ScanPlaces(t.Context(), q, g); err != nil || len(got) != 9 {
		t.Errorf("ScanPlaces of 9 = %d places, %v", len(got), err)
	}
	q.N = 10
	if got, err := filter.ScanPlaces(t.Context(), q, g); !errors.Is(err, domain.ErrTooLarge) {
		t.Errorf("ScanPlaces of 10 with 1,000 bytes each = %d places, %v; want ErrTooLarge", len(got), err)
	}
}
