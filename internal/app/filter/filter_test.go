package filter_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/repotest"
)

const (
	seed     = 20261122
	pageSize = 20
)

// rows are chunks in a map, and what reads them.
type rows struct {
	mu      sync.Mutex
	chunks  map[int64]domain.Chunk
	reads   int
	changes int    // so far
	before  func() // called before each read

	asked   func()     // called when it is asked whether the index was told
	telling sync.Mutex // guards told
	told    int        // changes that the index knows of
	news    sync.Cond  // signaled when told has changed
}

func newRows() *rows {
	r := &rows{chunks: map[int64]domain.Chunk{}}
	r.news.L = &r.telling
	return r
}

func (r *rows) enter() {
	if r.before != nil {
		r.before()
	}
	r.mu.Lock()
	r.reads++
}

func (r *rows) ids() []int64 {
	ids := make([]int64, 0, len(r.chunks))
	for id := range r.chunks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (r *rows) Page(ctx context.Context, after int64, fields domain.Fields) ([]domain.Chunk, bool, error) {
	r.enter()
	defer r.mu.Unlock()
	var page []domain.Chunk
	for _, id := range r.ids() {
		if id > after && len(page) < pageSize {
			c := r.chunks[id]
			if !fields.Has(domain.FieldMetadata) {
				c.Metadata = domain.Metadata{}
			}
			if !fields.Has(domain.FieldText) {
				c.Text = ""
			}
			page = append(page, c)
		}
	}
	return page, len(page) == pageSize, ctx.Err()
}

func (r *rows) Matching(ctx context.Context, f *filterlang.Filter, now time.Time) ([]int64, error) {
	r.enter()
	defer r.mu.Unlock()
	return slices.DeleteFunc(r.matching(f), func(id int64) bool {
		c := r.chunks[id]
		return !now.IsZero() && c.Expired(now)
	}), ctx.Err()
}

func (r *rows) Told(ctx context.Context) error {
	r.mu.Lock()
	shown := r.changes
	r.mu.Unlock()
	if r.asked != nil {
		r.asked()
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	for r.told < shown {
		r.news.Wait()
	}
	return ctx.Err()
}

func (r *rows) matching(f *filterlang.Filter) []int64 {
	ids := []int64{}
	for _, id := range r.ids() {
		c := r.chunks[id]
		if f.Matches(&c) {
			ids = append(ids, id)
		}
	}
	return ids
}

// change changes the rows and tells ix.
func (r *rows) change(ix *filter.Index, written []domain.Chunk, deleted []int64) {
	r.store(written, deleted)
	r.tell(ix, written, deleted)
}

func (r *rows) store(written []domain.Chunk, deleted []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	for _, id := range deleted {
		delete(r.chunks, id)
	}
	for _, c := range written {
		r.chunks[c.ID] = c
	}
}

func (r *rows) tell(ix *filter.Index, written []domain.Chunk, deleted []int64) {
	ix.Apply(written, deleted)
	r.telling.Lock()
	defer r.telling.Unlock()
	r.told++
	r.news.Broadcast()
}

// noon is when filters are asked.
var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func parse(t testing.TB, text string) *filterlang.Filter {
	t.Helper()
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		t.Fatalf("ParseFilter(%s) = %v", text, err)
	}
	return &f
}

// resolve returns what ix finds for f.
func resolve(t testing.TB, ix *filter.Index, f *filterlang.Filter, r *rows) []int64 {
	t.Helper()
	res, err := ix.Resolve(t.Context(), f, noon, r)
	if err != nil {
		t.Fatalf("Resolve(%s) = %v", f.String(), err)
	}
	ids := []int64{}
	for _, id := range res.IDs.ToArray() {
		ids = append(ids, int64(id))
	}
	return ids
}

// randomChange writes and deletes a few chunks.
func randomChange(rng *rand.Rand, r *rows, next *int64) (written []domain.Chunk, deleted []int64) {
	for range rng.IntN(4) {
		c := repotest.RandomChunk(rng, int(*next))
		if c.ID = 1 + rng.Int64N(*next); *next < 120 && rng.IntN(2) == 0 {
			c.ID = *next
			*next++
		}
		written = append(written, c)
	}
	for range rng.IntN(3) {
		deleted = append(deleted, 1+rng.Int64N(*next))
	}
	return written, slices.DeleteFunc(deleted, func(id int64) bool {
		return r.chunks[id].ID == 0 || slices.ContainsFunc(written, func(c domain.Chunk) bool { return c.ID == id })
	})
}

// TestRandomFilters compares answers with the reference while the chunks change. Small
// limits make it forget, and send fields to the rows.
func TestRandomFilters(t *testing.T) {
	for _, limit := range []int64{0, 40_000, 2_000} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, uint64(limit)))
			r, next := newRows(), int64(1)
			ix := filter.New(limit)
			for range 100 {
				w, d := randomChange(rng, r, &next)
				r.change(ix, w, d)
			}
			for i := range repotest.RandomFilters(500) {
				w, d := randomChange(rng, r, &next)
				r.change(ix, w, d)
				text := repotest.RandomFilter(rng)
				f := parse(t, text)
				if got, want := resolve(t, ix, f, r), r.matching(f); !slices.Equal(got, want) {
					t.Fatalf("seed %d, filter %d: Resolve(%s) = %v; want %v", seed, i, text, got, want)
				}
			}
		})
	}
}

// TestRanges asks for ranges over many values, so that all marks are crossed, while they
// change.
func TestRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed, 9))
	r := newRows()
	ix := filter.New(0)
	chunk := func(id int64) domain.Chunk {
		text := fmt.Sprintf(`{"n":%d,"x":%.3f,"s":"%05d","m":[%d,%d]}`, rng.IntN(50), rng.Float64(), rng.IntN(3000), rng.IntN(9), rng.IntN(99))
		return domain.Chunk{ID: id, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: text}}
	}
	const n = 2000
	var all []domain.Chunk
	for id := int64(1); id <= n; id++ {
		all = append(all, chunk(id))
	}
	r.change(ix, all, nil)
	for range 150 {
		id := 1 + rng.Int64N(n)
		if rng.IntN(3) == 0 {
			r.change(ix, nil, []int64{id})
		} else {
			r.change(ix, []domain.Chunk{chunk(id)}, nil)
		}
		op := []string{"$gt", "$gte", "$lt", "$lte"}[rng.IntN(4)]
		text := []string{
			fmt.Sprintf(`{"n":{%q:%d}}`, op, rng.IntN(52)-1), fmt.Sprintf(`{"x":{%q:%.3f}}`, op, rng.Float64()*1.1),
			fmt.Sprintf(`{"s":{%q:"%05d"}}`, op, rng.IntN(3100)), fmt.Sprintf(`{"m":{%q:%d}}`, op, rng.IntN(100)),
			fmt.Sprintf(`{"x":{"$gte":%.3f,"$lt":%.3f}}`, rng.Float64(), rng.Float64()), fmt.Sprintf(`{"$id":{%q:%d}}`, op, rng.IntN(n)),
		}[rng.IntN(6)]
		f := parse(t, text)
		if got, want := resolve(t, ix, f, r), r.matching(f); !slices.Equal(got, want) {
			t.Fatalf("seed %d: Resolve(%s) finds %d chunks; want %d", seed, text, len(got), len(want))
		}
	}
}

// TestChangesWhileRowsAreRead changes rows at each read of a field that is being built.
func TestChangesWhileRowsAreRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed, 3))
	for round := range 60 {
		r, next := newRows(), int64(1)
		ix := filter.New(0)
		for range 20 {
			w, d := randomChange(rng, r, &next)
			r.change(ix, w, d)
		}
		r.before = func() {
			w, d := randomChange(rng, r, &next)
			r.change(ix, w, d)
		}
		f := parse(t, repotest.RandomFilter(rng))
		got := resolve(t, ix, f, r)
		if want := r.matching(f); !slices.Equal(got, want) {
			t.Fatalf("seed %d, round %d: Resolve(%s) = %v; want %v", seed, round, f.String(), got, want)
		}
	}
}

func TestFieldsAreReadOnce(t *testing.T) {
	r := newRows()
	ix := filter.New(0)
	if ix.Active() {
		t.Error("a new index is active")
	}
	r.change(ix, []domain.Chunk{{ID: 1, Metadata: domain.MetadataString(`{"a":1}`)}}, nil)
	for i, text := range []string{`{"a":1}`, `{"a":2}`, `{"a":{"$gt":0}}`, `{"$id":1}`, `{"$not":{"a":1}}`} {
		res, err := ix.Resolve(t.Context(), parse(t, text), noon, r)
		if err != nil || res.FromRows != (i == 0) || res.Total != 1 {
			t.Errorf("Resolve(%s) = %+v, %v; want it read from the rows the first time only", text, res, err)
		}
	}
	if r.reads != 1 || !ix.Active() || ix.Bytes() == 0 {
		t.Errorf("%d reads, active %v, %d bytes; want 1, true and some", r.reads, ix.Active(), ix.Bytes())
	}
}

func TestAnErrorIsNotKept(t *testing.T) {
	r := newRows()
	r.chunks[1] = domain.Chunk{ID: 1, Metadata: domain.MetadataString(`{"a":1}`)}
	ix := filter.New(0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := parse(t, `{"a":1,"$text":{"$ne":"x"}}`)
	if _, err := ix.Resolve(ctx, f, noon, r); !errors.Is(err, context.Canceled) {
		t.Errorf("Resolve with an ended context = %v; want context.Canceled", err)
	}
	if got := resolve(t, ix, f, r); !slices.Equal(got, []int64{1}) {
		t.Errorf("Resolve = %v; want [1]", got)
	}
}

// TestConcurrentUse has many readers beside a writer. What a reader gets has to be a
// state that the chunks were in: chunks move between two groups, in one change each, so
// each group has at each moment as many as ever.
func TestConcurrentUse(t *testing.T) {
	r := newRows()
	ix := filter.New(0)
	of := func(id int64, g int) domain.Chunk {
		return domain.Chunk{ID: id, Metadata: domain.MetadataString(fmt.Sprintf(`{"g":%d,"h":[%d]}`, g, g))}
	}
	const n = 200
	group := map[int64]int{}
	var all []domain.Chunk
	for id := int64(1); id <= n; id++ {
		group[id] = int(id % 2)
		all = append(all, of(id, group[id]))
	}
	r.change(ix, all, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 4 {
		text := []string{`{"g":0}`, `{"h":{"$gte":1}}`, `{"$not":{"g":1}}`, `{"$or":[{"g":{"$lt":1}},{"h":5}]}`}[i]
		f := parse(t, text)
		readers.Go(func() {
			for ctx.Err() == nil {
				if got := resolve(t, ix, f, r); len(got) != n/2 {
					t.Errorf("Resolve(%s) finds %d chunks; want %d at each moment", text, len(got), n/2)
					return
				}
			}
		})
	}
	rng := rand.New(rand.NewPCG(seed, 4))
	for range 500 {
		a, b := 1+rng.Int64N(n), 1+rng.Int64N(n)
		if group[a] == group[b] {
			continue
		}
		group[a], group[b] = group[b], group[a]
		r.change(ix, []domain.Chunk{of(a, group[a]), of(b, group[b])}, nil)
	}
	cancel()
	readers.Wait()
}

// TestBoundBesideSearches has a field outgrow the bound while a search comes between any
// two changes: it is given up, whatever the two were counted by.
func TestBoundBesideSearches(t *testing.T) {
	for extra := range 2 {
		r := newRows()
		ix := filter.New(64 << 10)
		f := parse(t, `{"k":"none"}`)
		for range 1 + extra {
			resolve(t, ix, f, r)
		}
		given := 0
		for i := range int64(2100) {
			c := domain.Chunk{ID: i + 1, Metadata: domain.MetadataString(fmt.Sprintf(`{"k":"%0100d"}`, i))}
			r.change(ix, []domain.Chunk{c}, nil)
			res, err := ix.Resolve(t.Context(), f, noon, r)
			if err != nil {
				t.Fatal(err)
			}
			if res.FromRows {
				given++
			}
		}
		if given == 0 {
			t.Errorf("with %d more searches before: a field of 200 KB is kept within a bound of 64", extra)
		}
	}
}

// TestReadBetweenAChangeAndItsNews reads a field of a filter when a delete is in the rows
// and not in the fields that were read before.
func TestReadBetweenAChangeAndItsNews(t *testing.T) {
	r, ix := newRows(), filter.New(0)
	var all []domain.Chunk
	for id := int64(1); id <= 4; id++ {
		all = append(all, domain.Chunk{ID: id, Metadata: domain.MetadataString(fmt.Sprintf(`{"all":1,"h":%d}`, id%2))})
	}
	r.change(ix, all, nil)
	if got := resolve(t, ix, parse(t, `{"all":1}`), r); len(got) != 4 {
		t.Fatalf("Resolve finds %v of 4 chunks", got)
	}
	r.store(nil, []int64{1}) // which has h = 1
	waits, found := make(chan struct{}), make(chan []int64, 1)
	r.asked = sync.OnceFunc(func() { close(waits) })
	go func() { found <- resolve(t, ix, parse(t, `{"all":1,"$not":{"h":1}}`), r) }()
	select {
	case <-waits:
	case got := <-found:
		found <- got
	}
	r.tell(ix, nil, []int64{1})
	if got := <-found; !slices.Equal(got, []int64{2, 4}) {
		t.Errorf("Resolve = %v; want [2 4]: 1 had h = 1 as long as it was there", got)
	}
}

// TestExpiredAreNotSelected asks at different times while chunks come, get other times and
// are deleted.
func TestExpiredAreNotSelected(t *testing.T) {
	for _, limit := range []int64{0, 2_000} { // with the small one the rows are asked at last
		rng := rand.New(rand.NewPCG(seed, 5))
		r, next := newRows(), int64(1)
		ix := filter.New(limit)
		for i := range 500 {
			w, d := randomChange(rng, r, &next)
			for j := range w {
				if rng.IntN(2) == 0 {
					w[j].ExpiresAt = noon.Add(time.Duration(rng.IntN(9)) * time.Second)
				}
			}
			r.change(ix, w, d)
			now := noon.Add(time.Duration(rng.IntN(10)-1) * time.Second)
			text := repotest.RandomFilter(rng)
			f := parse(t, text)
			res, err := ix.Resolve(t.Context(), f, now, r)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(r.matching(f), func(id int64) bool {
				c := r.chunks[id]
				return c.Expired(now)
			})
			if got := res.IDs.ToArray(); !slices.EqualFunc(got, want, func(a uint64, b int64) bool { return int64(a) == b }) {
				t.Fatalf("limit %d, seed %d, filter %d: Resolve(%s) = %v; want %v", limit, seed, i, text, got, want)
			}
		}
	}
}

// TestManyNames unites what many names select: names of few chunks and of many, whose ids
// lie on both sides of where a bitmap and a plain array of bits change.
func TestManyNames(t *testing.T) {
	r, ix := newRows(), filter.New(0)
	for _, around := range []int64{300, 1 << 16, 1 << 26, 1 << 33} {
		for i := range int64(500) {
			name := i % 40
			if i%3 == 0 {
				name = 0
			}
			text := fmt.Sprintf(`{"name":"name %d","tags":["tag %d","tag %d"]}`, name, i%40, i%7)
			id := around - 250 + i
			r.chunks[id] = domain.Chunk{ID: id, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: text}}
		}
	}
	for _, n := range []int{1, 8, 9, 25} {
		for _, kind := range []string{"name", "tag"} {
			var names []string
			for i := range n {
				names = append(names, fmt.Sprintf(`"%s %d"`, kind, i))
			}
			f := parse(t, fmt.Sprintf(`{"%s":{"$in":[%s]}}`, map[string]string{"name": "name", "tag": "tags"}[kind], strings.Join(names, ",")))
			want := r.matching(f)
			if got := resolve(t, ix, f, r); len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%d names of %q select %d chunks; want %d", n, kind, len(got), len(want))
			}
		}
	}
}

// TestAtLeastOfMany counts up to a hundred comparisons.
func TestAtLeastOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed, 13))
	r, ix := newRows(), filter.New(0)
	var written []domain.Chunk
	for id := range int64(300) {
		var in []string
		for v := range 100 {
			if rng.IntN(100) < int(id)%101 {
				in = append(in, fmt.Sprint(v))
			}
		}
		written = append(written, domain.Chunk{ID: id + 1, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"t":[` + strings.Join(in, ",") + `]}`}})
	}
	r.change(ix, written, nil)
	var of []string
	for v := range 100 {
		of = append(of, fmt.Sprintf(`{"t":%d}`, v))
	}
	for _, count := range []int{1, 2, 3, 31, 32, 33, 63, 64, 65, 99, 100} {
		f := parse(t, fmt.Sprintf(`{"$at_least":{"count":%d,"of":[%s]}}`, count, strings.Join(of, ",")))
		if got, want := resolve(t, ix, f, r), r.matching(f); !slices.Equal(got, want) || len(want) == 300 {
			t.Errorf("at least %d of 100 selects %d chunks; want %d", count, len(got), len(want))
		}
		res, err := ix.Resolve(t.Context(), f, noon, r)
		if err != nil || res.Estimated < 0 || res.Estimated > 1 {
			t.Errorf("at least %d of 100 is estimated as %g, %v; want a share", count, res.Estimated, err)
		}
	}
}
