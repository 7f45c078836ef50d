package filter

import (
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/app/deadline"
	"github.com/memista/memista/internal/domain"
)

// part is something that an Index keeps of all chunks.
type part interface {
	put(c *domain.Chunk) // c is new, or takes the place of the chunk with its id
	remove(id int64)
	size() int64
}

// universe is the chunks that are there, and when they expire.
type universe struct {
	ids     *roaring64.Bitmap
	expires deadline.Queue
}

func newUniverse() *universe { return &universe{ids: roaring64.New()} }

func (u *universe) put(c *domain.Chunk) {
	u.ids.Add(uint64(c.ID))
	u.expires.Set(c.ID, c.ExpiresAt)
}

func (u *universe) remove(id int64) {
	u.ids.Remove(uint64(id))
	u.expires.Set(id, time.Time{})
}

func (u *universe) size() int64 { return int64(u.ids.GetSizeInBytes()) + u.expires.Bytes() }

// column is the values of one field.
type column struct {
	field    filterlang.Field
	there    *roaring64.Bitmap // chunks that have the field
	scalars  *facet
	elements *facet // of arrays

	whole, parts []filterlang.Value // for put, which is never called by two
}

func newColumn(f filterlang.Field) *column {
	return &column{field: f, there: roaring64.New(), scalars: newFacet(), elements: newFacet()}
}

func (c *column) put(chunk *domain.Chunk) {
	c.remove(chunk.ID)
	c.whole, c.parts = c.whole[:0], c.parts[:0]
	found := c.field.Leaves(chunk, func(l filterlang.Leaf) {
		if l.Element {
			c.parts = append(c.parts, l.Value)
		} else {
			c.whole = append(c.whole, l.Value)
		}
	})
	if !found {
		return
	}
	id := uint64(chunk.ID)
	c.there.Add(id)
	c.scalars.put(id, c.whole)
	c.elements.put(id, c.parts)
}

func (c *column) remove(id int64) {
	if !c.there.CheckedRemove(uint64(id)) {
		return
	}
	c.scalars.remove(uint64(id))
	c.elements.remove(uint64(id))
}

func (c *column) size() int64 {
	return c.scalars.size() + c.elements.size() + int64(c.there.GetSizeInBytes())
}

// selects returns the chunks that a comparison takes.
func (c *column) selects(f *filterlang.Filter) bits {
	if f.Op == filterlang.Exists {
		return bits{ids: c.there}
	}
	if b, ok := c.single(f); ok {
		return b
	}
	b := roaring64.New()
	var sets []*set
	for _, facet := range []*facet{c.scalars, c.elements} {
		switch {
		case f.Op == filterlang.In:
			for _, v := range f.Args {
				sets = facet.equal(v, sets)
			}
		case f.Op == filterlang.Regex:
			sets = facet.taken(f, sets)
		case f.Op == filterlang.AnyValue:
			facet.accepted(f, facet == c.elements, b)
		case f.Op != filterlang.Contains:
			facet.between(f, b)
		case facet == c.elements:
			sets = facet.equal(f.Args[0], sets)
		case f.Args[0].Kind == filterlang.TextValue:
			sets = facet.containing(f.Args[0].Text, sets)
		}
	}
	unite(sets, b)
	return bits{ids: b, own: true}
}

// single is selects for a comparison with one value that stands in no array: its set is
// the answer as it is.
func (c *column) single(f *filterlang.Filter) (bits, bool) {
	if f.Op != filterlang.In || len(f.Args) != 1 || c.elements.find(f.Args[0]) != 0 {
		return bits{}, false
	}
	ref := c.scalars.find(f.Args[0])
	if ref == 0 || c.scalars.values[ref].ids.many == nil {
		return bits{}, false
	}
	return bits{ids: c.scalars.values[ref].ids.many}, true
}

// watched is the chunks that one comparison takes.
type watched struct {
	cmp filterlang.Filter
	ids *roaring64.Bitmap
	own int64 // bytes that cmp takes
}

func newWatched(cmp *filterlang.Filter) *watched {
	return &watched{cmp: *cmp, ids: roaring64.New(), own: 256 + int64(len(cmp.String())) + cmp.Bytes()}
}

func (w *watched) put(c *domain.Chunk) {
	if w.cmp.Matches(c) {
		w.ids.Add(uint64(c.ID))
	} else {
		w.ids.Remove(uint64(c.ID))
	}
}

func (w *watched) remove(id int64) { w.ids.Remove(uint64(id)) }
func (w *watched) size() int64     { return int64(w.ids.GetSizeInBytes()) + w.own }
