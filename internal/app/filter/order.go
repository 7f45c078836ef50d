package filter

import (
	"slices"
	"sort"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// order is the chunks of one class of values in a facet, from those with the least value to
// those with the greatest, with a bitmap of the chunks up to certain marks: a range is the
// difference of two of them and of what little lies between its ends and the next marks.
// It is as of the moment it was made: chunks that changed since are looked at one by one,
// and when they are many it is made anew.
type order struct {
	values  []filterlang.Value  // their ranks, ascending
	starts  []int               // where the chunks of each value begin in ids, and where the last ends
	ids     []uint64            // chunks
	step    int                 // from one mark to the next
	upto    []*roaring64.Bitmap // upto[i] is ids[:i*step]
	several *roaring64.Bitmap   // chunks with several values of the class: in no ids, looked at one by one
	changed *roaring64.Bitmap   // chunks that changed since; written under the index's lock
}

// orderMarks is how many marks an order has. Each costs a bit per chunk; between two of
// them lie one in so many of the chunks.
const orderMarks = 64

// stale reports whether so much has changed that the order is to be made anew.
func (o *order) stale() bool {
	return int(o.changed.GetCardinality()) > max(256, len(o.ids)/32)
}

// order returns the order of a class, made or made anew if need be. While another one
// makes it, the old one will do.
func (f *facet) order(class class) *order {
	o := f.orders[class].Load()
	if o != nil && !o.stale() {
		return o
	}
	if o == nil {
		f.ordering.Lock()
	} else if !f.ordering.TryLock() {
		return o
	}
	defer f.ordering.Unlock()
	if now := f.orders[class].Load(); now != o {
		return now // another one has made it
	}
	o = f.makeOrder(class)
	f.orders[class].Store(o)
	return o
}

func (f *facet) makeOrder(class class) *order {
	o := &order{several: roaring64.New(), changed: roaring64.New()}
	for id, list := range f.refs.many {
		n := 0
		for _, ref := range list {
			if class.has(f.values[ref].Value) {
				n++
			}
		}
		if n > 1 {
			o.several.Add(id)
		}
	}
	for _, v := range f.ascending(class) {
		o.values, o.starts = append(o.values, v.rank), append(o.starts, len(o.ids))
		from := len(o.ids)
		o.ids = v.ids.appendTo(o.ids)
		if !o.several.IsEmpty() {
			kept := slices.DeleteFunc(o.ids[from:], o.several.Contains)
			o.ids = o.ids[:from+len(kept)]
		}
	}
	o.starts = append(o.starts, len(o.ids))
	o.mark()
	return o
}

// ranked is a value with what it is ordered by.
type ranked struct {
	*value
	rank filterlang.Value
}

// ascending returns the values of a class in their order.
func (f *facet) ascending(class class) []ranked {
	var values []ranked
	for _, v := range f.values {
		if v != nil && class.has(v.Value) {
			values = append(values, ranked{v, class.rank(v.Value)})
		}
	}
	slices.SortFunc(values, func(a, b ranked) int { return a.rank.Compare(b.rank) })
	return values
}

// mark makes the bitmaps.
func (o *order) mark() {
	o.step = max(1, (len(o.ids)+orderMarks-1)/orderMarks)
	sum := roaring64.New()
	for at := 0; ; at += o.step {
		o.upto = append(o.upto, sum.Clone())
		if at >= len(o.ids) {
			return
		}
		sum.AddMany(o.ids[at:min(at+o.step, len(o.ids))])
	}
}

// limits returns which of ids belong to the values that a comparison with arg takes: from,
// and below to.
func (o *order) limits(op filterlang.Op, arg filterlang.Value) (from, to int) {
	first := func(least int) int { // value whose comparison with arg is at least that
		return o.starts[sort.Search(len(o.values), func(i int) bool { return o.values[i].Compare(arg) >= least })]
	}
	from, to = 0, len(o.ids)
	switch op {
	case filterlang.Gt:
		from = first(1)
	case filterlang.Gte:
		from = first(0)
	case filterlang.Lt:
		to = first(0)
	case filterlang.Lte:
		to = first(1)
	default:
	}
	return from, to
}

// below returns the chunks of ids[:at], from the nearest mark on.
func (o *order) below(at int) *roaring64.Bitmap {
	i := (at + o.step/2) / o.step
	i = min(i, len(o.upto)-1)
	b := o.upto[i].Clone()
	mark := min(i*o.step, len(o.ids))
	if mark <= at {
		b.AddMany(o.ids[mark:at])
		return b
	}
	for _, id := range o.ids[at:mark] {
		b.Remove(id)
	}
	return b
}

// between adds the chunks for which a comparison holds to b.
func (f *facet) between(cmp *filterlang.Filter, b *roaring64.Bitmap) {
	for _, class := range comparedWith(cmp.Args[0]) {
		f.within(class, cmp, b)
	}
}

// within adds the chunks that have a value of a class for which a comparison holds to b.
func (f *facet) within(class class, cmp *filterlang.Filter, b *roaring64.Bitmap) {
	o := f.order(class)
	from, to := o.limits(cmp.Op, class.rank(cmp.Args[0]))
	in := roaring64.New()
	switch {
	case from >= to:
	case to-from <= 2*o.step:
		var u union
		for _, id := range o.ids[from:to] {
			u.addID(id)
		}
		u.addTo(in)
	default:
		in = o.below(to)
		if from > 0 {
			in.AndNot(o.below(from))
		}
	}
	in.AndNot(o.changed)
	var list []uint32
	for _, odd := range []*roaring64.Bitmap{o.several, o.changed} {
		for it := odd.Iterator(); it.HasNext(); {
			id := it.Next()
			list = f.refs.of(id, list[:0])
			if slices.ContainsFunc(list, func(ref uint32) bool { return cmp.Takes(filterlang.Leaf{Value: f.values[ref].Value}) }) {
				in.Add(id)
			}
		}
	}
	b.Or(in)
}

func (o *order) bytes() int64 {
	n := int64(56*len(o.values)+8*len(o.starts)+8*len(o.ids)) + int64(o.several.GetSizeInBytes()+o.changed.GetSizeInBytes())
	for _, b := range o.upto {
		n += int64(b.GetSizeInBytes())
	}
	return n
}
