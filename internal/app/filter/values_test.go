package filter_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
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

// generated makes n chunks, one a page, when they are asked for.
type generated struct {
	filter.Rows
	n    int64
	meta func(id int64) string
	then func(id int64)
}

func (g *generated) Page(_ context.Context, after int64, _ domain.Fields) ([]domain.Chunk, bool, error) {
	if g.then != nil {
		g.then(after)
	}
	id := after + 1
	return []domain.Chunk{{ID: id, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: g.meta(id)}}}, id < g.n, nil
}

func (g *generated) scan(ctx context.Context) ([]filter.ValueCount, int, error) {
	return filter.ScanValues(ctx, &filterlang.Filter{}, filterlang.Field{Path: []string{"a"}}, time.Time{}, 3, g)
}

// numbers returns an array of the numbers from first to last.
func numbers(first, last int) string {
	b := []byte(`{"a":[`)
	for i := first; i <= last; i++ {
		b = fmt.Appendf(b, "%d,", i)
	}
	return string(append(b[:len(b)-1], "]}"...))
}

func TestScanValuesKeepsNoMetadata(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, during := heap(), uint64(0)
	g := &generated{n: 400, meta: func(id int64) string {
		return fmt.Sprintf(`{"a":["same","v%d"],"b":"%s"}`, id%200, strings.Repeat("x", 100<<10))
	}}
	g.then = func(id int64) {
		if id == 399 {
			during = heap()
		}
	}
	top, n, err := g.scan(t.Context())
	if err != nil || n != 201 || len(top) != 3 || top[0].Chunks != 400 || top[1].Chunks != 2 {
		t.Fatalf("ScanValues = %v, %d, %v", top, n, err)
	}
	if grown := int64(during) - int64(before); grown > 8<<20 {
		t.Errorf("%d MiB are in memory for 201 short values", grown>>20)
	}
}

func TestScanValuesIsBounded(t *testing.T) {
	const half = 1 << 19
	two := &generated{n: 2, meta: func(id int64) string { return numbers(int(id-1)*half, int(id)*half-1) }}
	if _, n, err := two.scan(t.Context()); err != nil || n != 2*half {
		t.Errorf("ScanValues of %d values = %d, %v; want all", 2*half, n, err)
	}
	three := &generated{n: 3, meta: func(id int64) string {
		if id == 3 {
			return `{"a":-1}`
		}
		return two.meta(id)
	}}
	if _, n, err := three.scan(t.Context()); !errors.Is(err, domain.ErrTooLarge) || !strings.Contains(err.Error(), "a has more than 1048576 different values") {
		t.Errorf("ScanValues of one more = %d, %v; want ErrTooLarge", n, err)
	}
}

func TestScanValuesEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := &generated{n: 1000, meta: func(id int64) string { return `{"a":1}` }, then: func(id int64) {
		if id == 500 {
			cancel()
		}
		if id > 501 {
			t.Errorf("chunk %d is read after the context has ended", id)
		}
	}}
	if _, _, err := g.scan(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ScanValues = %v; want Canceled", err)
	}
}
