package filter

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
)

// ValueCount is a value and how many chunks have it.
type ValueCount struct {
	Value  filterlang.Value
	Chunks int
}

// CountValues returns the values that the chunks which f selects, and which have not expired
// at now, have in a field of the metadata: those of most chunks first, at most limit, and how
// many different ones there are. A chunk with an array there has each of its elements. All is
// of one moment after the call began, unless the field is too large to be in memory: then
// rows are read, each of which is as it is when it is read.
func (ix *Index) CountValues(ctx context.Context, f *filterlang.Filter, field filterlang.Field, now time.Time, limit int, rows Rows) (top []ValueCount, distinct int, err error) {
	there := filterlang.Filter{Op: filterlang.Exists, Field: field}
	both := filterlang.Filter{Op: filterlang.And, Sub: []filterlang.Filter{*f, there}}
	for range maxTries {
		var counts map[filterlang.Value]int
		missing := ix.answer(&both, now, func(res Result) {
			if e := ix.parts["."+field.String()]; e != nil && e.ready {
				counts = e.part.(*column).count(res.IDs)
			}
		})
		switch {
		case counts != nil:
			return most(listOf(counts), limit), len(counts), nil
		case missing == nil:
			return ScanValues(ctx, f, field, now, limit, rows)
		}
		if err := ix.build(ctx, missing, rows); err != nil {
			return nil, 0, err
		}
	}
	return ScanValues(ctx, f, field, now, limit, rows)
}

// maxValues is how many different values ScanValues keeps.
const maxValues = 1 << 20

// ScanValues is Index.CountValues without an index: it reads all rows. More than 1,048,576
// different values are domain.ErrTooLarge.
func ScanValues(ctx context.Context, f *filterlang.Filter, field filterlang.Field, now time.Time, limit int, rows Rows) (top []ValueCount, distinct int, err error) {
	t := tally{places: map[filterlang.Value]int{}}
	for after, more := int64(0), true; more; {
		var page []domain.Chunk
		if page, more, err = rows.Page(ctx, after, f.Fields()|domain.FieldMetadata); err != nil {
			return nil, 0, err
		}
		for i := range page {
			if i%perCheck == 0 && ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
			c := &page[i]
			after = c.ID
			if f.Matches(c) && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(now)) {
				t.add(c, field)
			}
			if t.over {
				return nil, 0, domain.Errorf(domain.ErrTooLarge, "%s has more than %d different values: select fewer chunks with a filter", field, maxValues)
			}
		}
	}
	return most(t.list, limit), len(t.list), nil
}

// perCheck is how many chunks are looked at between two looks at the context.
const perCheck = 256

// tally counts the chunks of values.
type tally struct {
	list   []ValueCount
	last   []int64 // the chunk that each of list was counted for last
	places map[filterlang.Value]int
	over   bool // there are more than maxValues
}

// add adds the values of a chunk, each once.
func (t *tally) add(c *domain.Chunk, field filterlang.Field) {
	field.Leaves(c, func(l filterlang.Leaf) {
		v := l.Value
		at, known := t.places[v]
		switch {
		case known && t.last[at] == c.ID:
		case known: // the map is not written: that would exchange the text of its key
			t.list[at].Chunks++
			t.last[at] = c.ID
		case len(t.list) == maxValues:
			t.over = true
		default:
			v.Text = strings.Clone(v.Text) // it is a part of the metadata, which need not stay
			t.places[v] = len(t.list)
			t.list, t.last = append(t.list, ValueCount{v, 1}), append(t.last, c.ID)
		}
	})
}

func listOf(counts map[filterlang.Value]int) []ValueCount {
	list := make([]ValueCount, 0, len(counts))
	for v, n := range counts {
		list = append(list, ValueCount{v, n})
	}
	return list
}

// most returns the values of most chunks, in the order of values where they are equal. It
// sorts list.
func most(list []ValueCount, limit int) []ValueCount {
	slices.SortFunc(list, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Chunks, a.Chunks), a.Value.Compare(b.Value))
	})
	top := make([]ValueCount, min(limit, len(list)))
	copy(top, list)
	return top
}

// count returns how many of ids have each value.
func (c *column) count(ids *roaring64.Bitmap) map[filterlang.Value]int {
	counts := map[filterlang.Value]int{}
	for _, f := range []*facet{c.scalars, c.elements} {
		for ref, n := range f.count(ids) {
			if n > 0 {
				counts[f.values[ref].Value] += n
			}
		}
	}
	if len(c.elements.values) == 1 {
		return counts
	}
	// A chunk may have a value itself and in an array, by a path through several objects.
	for ref, v := range c.elements.values {
		if v == nil || counts[v.Value] == 0 {
			continue
		}
		if other := c.scalars.find(v.Value); other != 0 {
			counts[v.Value] -= common(&c.scalars.values[other].ids, &c.elements.values[ref].ids, ids)
		}
	}
	return counts
}

// count returns how many of ids have each value, by the numbers of the values.
func (f *facet) count(ids *roaring64.Bitmap) []int {
	counts := make([]int, len(f.values))
	const perID = 16 // a value whose chunks are intersected costs about as much as so many ids looked up
	if uint64(len(f.values))*perID < ids.GetCardinality() {
		for ref, v := range f.values {
			if v != nil {
				counts[ref] = v.ids.countIn(ids)
			}
		}
		return counts
	}
	var list []uint32
	for it := ids.Iterator(); it.HasNext(); {
		list = f.refs.of(it.Next(), list[:0])
		for _, ref := range list {
			counts[ref]++
		}
	}
	return counts
}

// countIn returns how many ids are in b.
func (s *set) countIn(b *roaring64.Bitmap) int {
	if s.many != nil {
		return int(s.many.AndCardinality(b))
	}
	n := 0
	for _, id := range s.few {
		if b.Contains(id) {
			n++
		}
	}
	return n
}

// common returns how many of ids are in both sets.
func common(a, b *set, ids *roaring64.Bitmap) int {
	in := roaring64.New()
	a.addTo(in)
	in.And(ids)
	return b.countIn(in)
}
