package filter

import (
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
)

// SortQuery asks for places in an order.
type SortQuery struct {
	Filter *filterlang.Filter // which chunks
	Sort   *filterlang.Sort
	After  *filterlang.Place // only places behind it; nil: all
	N      int               // places at most
	Now    time.Time         // chunks that have expired by then are left out
	Bytes  int64             // of texts in the places, past which it is domain.ErrTooLarge
}

// Places returns the first places that q asks for. All is of one moment after the call began,
// unless the field is too large to be in memory: then rows are read, each of which is as it is
// when it is read.
func (ix *Index) Places(ctx context.Context, q *SortQuery, rows Rows) ([]filterlang.Place, error) {
	there := filterlang.Filter{Op: filterlang.Exists, Field: q.Sort.Field}
	both := filterlang.Filter{Op: filterlang.And, Sub: []filterlang.Filter{*q.Filter, there}}
	for range maxTries {
		var c *sorted
		missing := ix.answer(&both, q.Now, func(res Result) {
			if e := ix.parts["."+q.Sort.Field.String()]; e != nil && e.ready {
				c = newSorted(q, e.part.(*column), res.IDs)
			}
		})
		switch {
		case c != nil:
			return c.kept.first()
		case missing == nil:
			return ScanPlaces(ctx, q, rows)
		}
		if err := ix.build(ctx, missing, rows); err != nil {
			return nil, err
		}
	}
	return ScanPlaces(ctx, q, rows)
}

// ScanPlaces is Index.Places without an index: it reads all rows.
func ScanPlaces(ctx context.Context, q *SortQuery, rows Rows) ([]filterlang.Place, error) {
	kept := firsts{q: q}
	var room []filterlang.Placed
	for after, more := int64(0), true; more; {
		page, follows, err := rows.Page(ctx, after, q.Filter.Fields()|domain.FieldMetadata)
		if err != nil {
			return nil, err
		}
		more = follows
		for i := range page {
			c := &page[i]
			after = c.ID
			if i%perCheck == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if c.Expired(q.Now) || !q.Filter.Matches(c) {
				continue
			}
			room = q.Sort.Places(c, room[:0])
			for _, p := range room {
				kept.add(p.Place)
			}
		}
	}
	return kept.first()
}

// firsts keeps the first places of those that it is given, in any order and each any number of
// times.
type firsts struct {
	q    *SortQuery
	list []filterlang.Place
	full bool             // there are as many as are wanted, and
	last filterlang.Place // what is behind this one does not count
}

// add takes p in, if it is behind the place that is said.
func (f *firsts) add(p filterlang.Place) {
	if f.q.After != nil && f.q.Sort.Compare(p, *f.q.After) <= 0 || f.full && f.q.Sort.Compare(p, f.last) > 0 {
		return
	}
	p.Rank.Value.Text = strings.Clone(p.Rank.Value.Text) // it may be a part of the metadata, which need not stay
	if f.list = append(f.list, p); len(f.list) > 2*f.q.N+1000 {
		f.cut()
	}
}

// cut forgets what is too far behind.
func (f *firsts) cut() {
	slices.SortFunc(f.list, f.q.Sort.Compare)
	f.list = slices.CompactFunc(f.list, func(a, b filterlang.Place) bool { return f.q.Sort.Compare(a, b) == 0 })
	clear(f.list[min(f.q.N, len(f.list)):])
	f.list = f.list[:min(f.q.N, len(f.list))]
	if f.full = len(f.list) == f.q.N; f.full {
		f.last = f.list[f.q.N-1]
	}
}

// first returns the first places, in order.
func (f *firsts) first() ([]filterlang.Place, error) {
	f.cut()
	size := int64(0)
	for i := range f.list {
		if size += int64(len(f.list[i].Rank.Value.Text)); size > f.q.Bytes {
			return nil, domain.Errorf(domain.ErrTooLarge, "the values of %s by which chunks are sorted have more than %d bytes: ask for fewer chunks at once", f.q.Sort.Field, f.q.Bytes)
		}
	}
	return f.list, nil
}

// sorted finds places by the values of a column.
type sorted struct {
	q    *SortQuery
	col  *column
	ids  *roaring64.Bitmap // chunks that are asked for
	kept firsts

	odd  map[uint64][]filterlang.Place // where chunks are listed that no order has
	refs []uint32
}

// classOf has the class of values of each rank, in the order of ranks.
var classOf = [...]class{filterlang.Numbers: numbers, filterlang.Times: times, filterlang.Words: words}

func newSorted(q *SortQuery, col *column, ids *roaring64.Bitmap) *sorted {
	s := &sorted{q: q, col: col, ids: ids, kept: firsts{q: q}, odd: map[uint64][]filterlang.Place{}}
	last := filterlang.Words
	if q.Sort.NoTexts {
		last = filterlang.Times
	}
	for i := range last + 1 {
		at := i
		if q.Sort.Descending {
			at = last - i
		}
		for _, f := range []*facet{col.scalars, col.elements} {
			s.class(f, at)
		}
		if s.kept.cut(); s.kept.full {
			break // what other classes have is behind
		}
	}
	return s
}

// class adds the first places of a class in a facet.
func (s *sorted) class(f *facet, rank filterlang.RankClass) {
	if after := s.q.After; after != nil && after.Rank.Class != rank && (after.Rank.Class > rank) != s.q.Sort.Descending {
		return // all are before it
	}
	o := f.order(classOf[rank])
	left := s.q.N
	s.values(o, rank, func(v filterlang.Value, ids []uint64) (more bool) {
		if after := s.q.After; after != nil && after.Rank == (filterlang.Rank{Class: rank, Value: v}) {
			ids = ids[sort.Search(len(ids), func(i int) bool { return ids[i] > uint64(after.ID) }):]
		}
		for _, id := range ids {
			p := filterlang.Place{Rank: filterlang.Rank{Class: rank, Value: v}, ID: int64(id)}
			if !s.ids.Contains(id) || o.changed.Contains(id) || !s.takes(p) {
				continue
			}
			s.kept.add(p)
			if left--; left == 0 {
				return false
			}
		}
		return true
	})
	odd := roaring64.Or(o.several, o.changed)
	odd.And(s.ids)
	for it := odd.Iterator(); it.HasNext(); {
		id := it.Next()
		list, known := s.odd[id]
		if !known {
			list = s.places(id)
			s.odd[id] = list
		}
		for _, p := range list {
			if p.Rank.Class == rank { // the others have their turn
				s.kept.add(p)
			}
		}
	}
}

// takes reports whether a chunk is listed at p, which one of its values has, and p is behind the place
// that is said.
func (s *sorted) takes(p filterlang.Place) bool {
	if s.q.After != nil && s.q.Sort.Compare(p, *s.q.After) <= 0 {
		return false
	}
	if s.q.Sort.Each {
		return true
	}
	id := uint64(p.ID)
	s.refs = s.col.scalars.refs.of(id, s.refs[:0])
	if s.refs = s.col.elements.refs.of(id, s.refs); len(s.refs) == 1 {
		return true
	}
	list := s.places(id)
	return len(list) > 0 && s.q.Sort.Compare(list[0], p) == 0
}

// places returns where a chunk is listed.
func (s *sorted) places(id uint64) (list []filterlang.Place) {
	for _, f := range []*facet{s.col.scalars, s.col.elements} {
		s.refs = f.refs.of(id, s.refs[:0])
		for _, ref := range s.refs {
			if rank, ok := s.q.Sort.Rank(f.values[ref].Value); ok {
				list = append(list, filterlang.Place{Rank: rank, ID: int64(id)})
			}
		}
	}
	if !s.q.Sort.Each && len(list) > 1 {
		list[0] = slices.MinFunc(list, s.q.Sort.Compare)
		list = list[:1]
	}
	return list
}

// values calls fn with the values of an order, and the chunks of each by their ids, from the
// place on that is said, as long as it returns true.
func (s *sorted) values(o *order, rank filterlang.RankClass, fn func(v filterlang.Value, ids []uint64) bool) {
	after, n := s.q.After, len(o.values)
	here := after != nil && after.Rank.Class == rank
	if !s.q.Sort.Descending {
		from := 0
		if here {
			from = sort.Search(n, func(i int) bool { return o.values[i].Compare(after.Rank.Value) >= 0 })
		}
		for to := from; from < n; from = to {
			for to < n && o.values[to].Compare(o.values[from]) == 0 {
				to++
			}
			if !fn(o.values[from], o.chunks(from, to)) {
				return
			}
		}
		return
	}
	to := n
	if here {
		to = sort.Search(n, func(i int) bool { return o.values[i].Compare(after.Rank.Value) > 0 })
	}
	for from := to; to > 0; to = from {
		for from > 0 && o.values[from-1].Compare(o.values[to-1]) == 0 {
			from--
		}
		if !fn(o.values[from], o.chunks(from, to)) {
			return
		}
	}
}

// chunks returns the chunks of values, which are equal, by their ids.
func (o *order) chunks(from, to int) []uint64 {
	ids := o.ids[o.starts[from]:o.starts[to]]
	if to-from > 1 { // times that are spelled in several ways
		ids = slices.Clone(ids)
		slices.Sort(ids)
	}
	return ids
}
