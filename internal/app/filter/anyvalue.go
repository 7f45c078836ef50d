package filter

import (
	"slices"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// accepted adds the chunks with a value that cmp, which is an AnyValue, takes to b; element
// says that the values of the facet stand in arrays. What cmp asks about order is answered
// first, each part for itself: that leaves few chunks where the parts have to hold of one
// value, and just the chunks looked for where each has a single one.
func (f *facet) accepted(cmp *filterlang.Filter, element bool, b *roaring64.Bitmap) {
	bounds, others := boundsOf(&cmp.Sub[0])
	if len(bounds) == 0 {
		var sets []*set
		for _, v := range f.values {
			if v != nil && cmp.Takes(filterlang.Leaf{Value: v.Value, Element: element}) {
				sets = append(sets, &v.ids)
			}
		}
		unite(sets, b)
		return
	}
	in := f.withinAll(bounds)
	var list []uint32
	takes := func(ref uint32) bool {
		return cmp.Takes(filterlang.Leaf{Value: f.values[ref].Value, Element: element})
	}
	if others {
		for _, id := range in.ToArray() {
			if list = f.refs.of(id, list[:0]); !slices.ContainsFunc(list, takes) {
				in.Remove(id)
			}
		}
	} else {
		for id, list := range f.refs.many {
			if in.Contains(id) && !slices.ContainsFunc(list, takes) {
				in.Remove(id)
			}
		}
	}
	b.Or(in)
}

// withinAll returns the chunks for which each of bounds holds of some value.
func (f *facet) withinAll(bounds []*filterlang.Filter) *roaring64.Bitmap {
	var in *roaring64.Bitmap
	for _, bound := range bounds {
		one := roaring64.New()
		f.between(bound, one)
		if in == nil {
			in = one
		} else {
			in.And(one)
		}
	}
	return in
}

// boundsOf returns the comparisons by order that all have to hold for f to hold, and whether
// f asks for more than them.
func boundsOf(f *filterlang.Filter) (bounds []*filterlang.Filter, others bool) {
	parts := []filterlang.Filter{*f}
	if f.Op == filterlang.And {
		parts = f.Sub
	}
	for i := range parts {
		if op := parts[i].Op; op >= filterlang.Gt && op <= filterlang.Lte {
			bounds = append(bounds, &parts[i])
		} else {
			others = true
		}
	}
	return bounds, others
}
