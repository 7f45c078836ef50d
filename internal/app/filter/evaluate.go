package filter

import (
	"cmp"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// bits is a set of chunks, which may be changed only if it is own.
type bits struct {
	ids *roaring64.Bitmap
	own bool
}

// owned returns b as one that may be changed.
func (b bits) owned() bits {
	if b.own {
		return b
	}
	return bits{b.ids.Clone(), true}
}

// evaluation answers one filter from parts that are ready. The index is locked for
// reading meanwhile.
type evaluation struct {
	ix    *Index
	all   *roaring64.Bitmap
	total uint64
}

// filter returns the chunks that f selects, and which share of all was to be expected.
func (q *evaluation) filter(f *filterlang.Filter) (bits, float64) {
	switch f.Op {
	case filterlang.And:
		return q.and(f.Sub)
	case filterlang.Or:
		return q.or(f.Sub)
	case filterlang.AtLeast:
		return q.atLeast(f)
	case filterlang.Not:
		b, share := q.filter(&f.Sub[0])
		return q.without(bits{ids: q.all}, b), 1 - share
	default: // a comparison
	}
	b := q.comparison(f)
	if q.total == 0 {
		return b, 0
	}
	return b, float64(b.ids.GetCardinality()) / float64(q.total)
}

// without returns b without c.
func (q *evaluation) without(b, c bits) bits {
	if b.own {
		b.ids.AndNot(c.ids)
		return b
	}
	return bits{roaring64.AndNot(b.ids, c.ids), true}
}

// and intersects, the smallest first; what must not match is taken out at the end.
func (q *evaluation) and(sub []filterlang.Filter) (bits, float64) {
	share := 1.0
	var in, out []bits
	for i := range sub {
		f, list := &sub[i], &in
		negated := f.Op == filterlang.Not
		if negated {
			f, list = &f.Sub[0], &out
		}
		b, s := q.filter(f)
		if negated {
			s = 1 - s
		}
		share *= s
		*list = append(*list, b)
	}
	result := bits{ids: q.all}
	slices.SortFunc(in, func(a, b bits) int { return cmp.Compare(a.ids.GetCardinality(), b.ids.GetCardinality()) })
	for i, b := range in {
		switch {
		case i == 0:
			result = b
		case result.own:
			result.ids.And(b.ids)
		default:
			result = bits{roaring64.And(result.ids, b.ids), true}
		}
	}
	for _, b := range out {
		result = q.without(result, b)
	}
	return result, share
}

// or unites.
func (q *evaluation) or(sub []filterlang.Filter) (bits, float64) {
	none := 1.0
	result := bits{ids: roaring64.New(), own: true}
	for i := range sub {
		b, s := q.filter(&sub[i])
		none *= 1 - s
		if i == 0 {
			result = b.owned()
			continue
		}
		result.ids.Or(b.ids)
	}
	return result, 1 - none
}

// atLeast counts for each chunk how many parts of f select it.
func (q *evaluation) atLeast(f *filterlang.Filter) (bits, float64) {
	var c counter
	shares := make([]float64, len(f.Sub))
	for i := range f.Sub {
		b, share := q.filter(&f.Sub[i])
		c.add(b.ids)
		shares[i] = share
	}
	return bits{c.atLeast(uint64(f.Args[0].Int), q.all), true}, shareOf(shares, int(f.Args[0].Int))
}

func (q *evaluation) comparison(f *filterlang.Filter) bits {
	n := q.ix.needOf(f)
	switch p := q.ix.parts[n.name].part.(type) {
	case *column:
		return p.selects(f)
	case *watched:
		return bits{ids: p.ids}
	}
	return q.ids(f)
}

// ids answers a comparison of the chunk id.
func (q *evaluation) ids(f *filterlang.Filter) bits {
	switch f.Op {
	case filterlang.Exists:
		return bits{ids: q.all}
	case filterlang.In:
		b := roaring64.New()
		for _, v := range f.Args {
			if v.Kind == filterlang.IntValue && v.Int > 0 && q.all.Contains(uint64(v.Int)) {
				b.Add(uint64(v.Int))
			}
		}
		return bits{b, true}
	case filterlang.Contains, filterlang.Regex: // of texts and arrays
		return bits{roaring64.New(), true}
	default:
	}
	from, to, ok := idRange(f.Op, f.Args[0])
	if !ok {
		return bits{roaring64.New(), true}
	}
	b := q.all.Clone()
	b.RemoveRange(0, from)
	if to < math.MaxInt64 {
		b.RemoveRange(to+1, math.MaxUint64)
	}
	return bits{b, true}
}

// idRange returns the first and the last id that a comparison takes.
func idRange(op filterlang.Op, arg filterlang.Value) (from, to uint64, ok bool) {
	const most = math.MaxInt64
	var low, high int64 // arg, rounded up and down
	switch {
	case arg.Kind == filterlang.IntValue:
		low, high = arg.Int, arg.Int
		if op == filterlang.Gt {
			if low == most {
				return 0, 0, false
			}
			low++
		}
		if op == filterlang.Lt {
			if high < 1 {
				return 0, 0, false
			}
			high--
		}
	case arg.Kind != filterlang.FloatValue:
		return 0, 0, false
	case arg.Float >= 1<<63:
		if op == filterlang.Gt || op == filterlang.Gte {
			return 0, 0, false
		}
		high = most
	case arg.Float < -1<<63:
		low, high = 0, 0
	default:
		low, high = int64(math.Ceil(arg.Float)), int64(math.Floor(arg.Float))
	}
	if op == filterlang.Gt || op == filterlang.Gte {
		return uint64(max(low, 0)), most, true
	}
	return 0, uint64(max(high, 0)), high > 0
}
