package query

import (
	"context"
	"errors"
	"iter"
	"math"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Selection is the chunks that a filter selects, at one moment. It does not change.
type Selection struct {
	ids *roaring64.Bitmap
	n   int

	vectors *Selection // those that a search for a vector could find; set for queries with one
	using   string     // the name of those vectors
}

var _ ports.BatchedIDSet = (*Selection)(nil)

// newSelection takes over ids.
func newSelection(ids *roaring64.Bitmap) *Selection {
	return &Selection{ids: ids, n: int(ids.GetCardinality())}
}

// withVector returns s for a query that looks for vectors, which those in none do not have.
func (s *Selection) withVector(using string, none *roaring64.Bitmap) *Selection {
	out := &Selection{ids: s.ids, n: s.n, using: using}
	out.vectors = out
	if none != nil {
		out.vectors = newSelection(roaring64.AndNot(s.ids, none))
	}
	return out
}

// Contains implements ports.IDSet.
func (s *Selection) Contains(id int64) bool { return s.ids.Contains(uint64(id)) }

// Len implements ports.IDSet.
func (s *Selection) Len() int { return s.n }

// All implements ports.IDSet.
func (s *Selection) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		var buf [256]int64
		for ids := range s.Batches(buf[:]) {
			for _, id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// Batches implements ports.BatchedIDSet.
func (s *Selection) Batches(buf []int64) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		var some [256]uint64
		it := s.ids.ManyIterator()
		for {
			n := it.NextMany(some[:min(len(some), len(buf))])
			for i, id := range some[:n] {
				buf[i] = int64(id)
			}
			if n == 0 || !yield(buf[:n]) {
				return
			}
		}
	}
}

// Skip returns the n-th id above after, behind which what follows it is read; after itself if
// n is 0.
func (s *Selection) Skip(after int64, n int) int64 {
	if n == 0 {
		return after
	}
	nth := s.ids.Rank(uint64(after)) + uint64(n)
	if nth > uint64(s.n) {
		return math.MaxInt64 - 1
	}
	id, _ := s.ids.Select(nth - 1) // fails beyond the last only
	return int64(id)
}

// Pages yields the ids above after in runs of at most size, which are valid until the next.
func (s *Selection) Pages(after int64, size int) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		it := s.ids.Iterator()
		it.AdvanceIfNeeded(uint64(after) + 1)
		page := make([]int64, 0, min(size, s.n))
		for it.HasNext() {
			if page = append(page, int64(it.Next())); len(page) == size {
				if !yield(page) {
					return
				}
				page = page[:0]
			}
		}
		if len(page) > 0 {
			yield(page)
		}
	}
}

// CheckFilter refuses a filter that is larger than the service allows.
func (s *Searcher) CheckFilter(f *filterlang.Filter) error {
	if f == nil {
		return nil
	}
	if n := f.Size(); n > s.limits.Filter {
		return domain.FieldErrorf(domain.ErrInvalid, "filter", "has %d comparisons and values, at most %d are allowed", n, s.limits.Filter)
	}
	return nil
}

// allowed returns what the filter of each query selects; nil where it has none, or where
// no query has one.
func (s *Searcher) allowed(ctx context.Context, db *live.Database, a *attempt, queries []Query) ([]*Selection, error) {
	var all []*Selection
	for i := range queries {
		f := queries[i].Filter
		if f == nil || f.IsAll() {
			continue
		}
		if all == nil {
			all = make([]*Selection, len(queries))
		}
		if i > 0 && f == queries[i-1].Filter { // queries of one request often share it
			all[i], a.explain[i].Filter, a.explain[i].Times.Filter = all[i-1], a.explain[i-1].Filter, a.explain[i-1].Times.Filter
		} else {
			began := time.Now()
			sel, work, err := s.resolve(ctx, db, a.info, f)
			if err != nil {
				return nil, err
			}
			all[i], a.explain[i].Filter, a.explain[i].Times.Filter = sel, work, time.Since(began)
		}
		if q := &queries[i]; q.hasVector() && (all[i].vectors == nil || all[i].using != q.Using) {
			none, err := s.withoutVector(ctx, db, a, i, q)
			if err != nil {
				return nil, err
			}
			all[i] = all[i].withVector(q.Using, none)
		}
	}
	return all, nil
}

// Select returns the chunks of a database that f selects, from what is in memory if the
// database is open. It does not open it.
func (s *Searcher) Select(ctx context.Context, info domain.Database, f *filterlang.Filter) (*Selection, error) {
	for {
		db := s.live.Lookup(info.ID)
		if db == nil || !db.Loaded() || !db.State().SameLife(info) {
			break
		}
		sel, _, err := s.resolve(ctx, db, info, f)
		if !errors.Is(err, live.ErrGone) {
			return sel, err
		}
	}
	rows := rowsOf{s: s, info: info}
	ids, err := rows.Matching(ctx, f, s.now())
	if err != nil {
		return nil, err
	}
	set := roaring64.New()
	for _, id := range ids {
		set.Add(uint64(id))
	}
	return newSelection(set), nil
}

// resolve returns the chunks of db that f selects and that have not expired, at a moment
// when all changes up to info were made.
func (s *Searcher) resolve(ctx context.Context, db *live.Database, info domain.Database, f *filterlang.Filter) (*Selection, domain.FilterWork, error) {
	res, err := db.FilterIndex().Resolve(ctx, f, s.now(), rowsOf{s, db, info})
	if err != nil {
		return nil, domain.FilterWork{}, err
	}
	sel := newSelection(res.IDs)
	w := domain.FilterWork{Source: "postings", Matched: sel.n, Total: res.Total, Estimated: res.Estimated}
	if res.FromRows {
		w.Source = "rows"
	}
	return sel, w, nil
}

// rowsOf is the rows of one life of a database, for its filter index.
type rowsOf struct {
	s    *Searcher
	db   *live.Database
	info domain.Database
}

var _ filter.Rows = rowsOf{}

// Page implements filter.Rows.
func (r rowsOf) Page(ctx context.Context, after int64, fields domain.Fields) ([]domain.Chunk, bool, error) {
	page, err := r.s.repo.Chunks(ctx, r.info, domain.Selection{After: after, Limit: live.LoadPage}, fields)
	return page, len(page) == live.LoadPage, err
}

// Matching implements filter.Rows.
func (r rowsOf) Matching(ctx context.Context, f *filterlang.Filter, now time.Time) ([]int64, error) {
	return r.s.repo.Matching(ctx, r.info, f, domain.Selection{Limit: math.MaxInt, At: now})
}

// Told implements filter.Rows. Whatever the index has, the filter index was given before.
func (r rowsOf) Told(ctx context.Context) error { return r.s.live.WaitForRows(ctx, r.db) }
