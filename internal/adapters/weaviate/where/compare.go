package where

import (
	"math"

	"github.com/memista/memista/internal/domain/filterlang"
)

// comparison returns the bounds of a comparison.
func comparison(f *filterlang.Filter, p prefix) bounds {
	fields, exact := fieldsOf(f.Field, p)
	switch f.Field.Source {
	case filterlang.ChunkID, filterlang.ChunkText:
		return ofColumn(f, fields[0])
	case filterlang.ChunkKey, filterlang.InMetadata:
	}
	switch f.Op {
	case filterlang.Exists:
		return atMostIf(exact, there(fields))
	case filterlang.AnyValue:
		return anyValue(f, fields, exact)
	case filterlang.Size:
		return size(f, fields, exact)
	case filterlang.ElemMatch:
		return atMost(and(there(fields), elements(&f.Sub[0], f.Field, p)))
	case filterlang.Within:
		return atMost(and(there(fields), area(f.Area, f.Field, p)))
	default:
		b := ofValue(f, fields)
		b.exact = b.exact && exact
		if !exact {
			b.lower = nothing
		}
		return b
	}
}

// ofColumn returns the bounds of a comparison of the id or the text, which every chunk has.
func ofColumn(f *filterlang.Filter, column field) bounds {
	switch f.Op {
	case filterlang.Exists:
		return exactly(everything)
	case filterlang.In:
		return exactly(values(f.Args, []field{column}))
	default:
		return atMost(everything)
	}
}

// there is the chunks that have one of fields.
func there(fields []field) Set { return kinds(fields, isThere) }

// kinds is the chunks with a term of one of some kinds of one of fields.
func kinds(fields []field, all ...kind) Set {
	var terms []string
	for _, f := range fields {
		for _, k := range all {
			terms = append(terms, f.term(k))
		}
	}
	return having(terms...)
}

// values is the chunks with one of values in one of fields.
func values(values []filterlang.Value, fields []field) Set {
	var terms []string
	for _, f := range fields {
		for _, v := range values {
			terms = append(terms, f.value(v))
		}
	}
	return having(terms...)
}

// ofValue returns the bounds of a comparison of a scalar.
func ofValue(f *filterlang.Filter, fields []field) bounds {
	if fields[0].source == filterlang.ChunkKey && f.Op != filterlang.In {
		return atMost(there(fields))
	}
	switch f.Op {
	case filterlang.In:
		return exactly(values(f.Args, fields))
	case filterlang.Contains:
		equal := values(f.Args, fields)
		if f.Args[0].Kind != filterlang.TextValue {
			return atMost(equal)
		}
		part := kinds(fields, hasText, hasTime)
		if len(fields) > 1 { // a path that leads to an element takes it for itself
			part = kinds(fields, hasText, hasTime, textIn, timeIn)
		}
		return atMost(or(equal, part))
	case filterlang.Regex:
		return atMost(kinds(fields, hasText, hasTime, textIn, timeIn))
	case filterlang.Gt, filterlang.Gte, filterlang.Lt, filterlang.Lte:
		return inOrder(f, fields)
	default:
		return atMost(there(fields))
	}
}

// inOrder returns the bounds of a comparison by size.
func inOrder(f *filterlang.Filter, fields []field) bounds {
	arg := f.Args[0]
	if arg.IsNumber() {
		key, exact := numberKey(arg)
		return beyond(f.Op, key, exact, numberIn, numberEnd, fields)
	}
	at, isTime := filterlang.ParseInstant(arg.Text)
	if !isTime { // by bytes, with times too
		return atMost(kinds(fields, hasText, hasTime, textIn, timeIn))
	}
	key, exact := instantKey(at)
	b := beyond(f.Op, key, exact, instantIn, instantEnd, fields)
	// Texts that are no times compare with it by bytes.
	return bounds{upper: or(b.upper, kinds(fields, hasText, textIn)), lower: b.lower}
}

// beyond returns the bounds of what lies beyond a key. If it is not exact, there may be
// values on either side that have it too.
func beyond(op filterlang.Op, key uint64, exact bool, in, end kind, fields []field) bounds {
	with := op == filterlang.Gte || op == filterlang.Lte
	up := op == filterlang.Gt || op == filterlang.Gte
	if exact {
		return exactly(half(key, with, up, in, end, fields))
	}
	return bounds{upper: half(key, true, up, in, end, fields), lower: half(key, false, up, in, end, fields)}
}

// half is the chunks with a key above a key or below, or with it.
func half(key uint64, with, up bool, in, end kind, fields []field) Set {
	lo, hi := uint64(0), key
	if up {
		lo, hi = key, math.MaxUint64
	}
	switch {
	case with:
	case up && key == math.MaxUint64, !up && key == 0:
		return nothing
	case up:
		lo++
	default:
		hi--
	}
	return between(lo, hi, in, end, fields)
}

// between is the chunks with a key from lo to hi.
func between(lo, hi uint64, in, end kind, fields []field) Set {
	var terms []string
	for _, f := range fields {
		seen := map[cell]bool{}
		cover(lo, hi, in, func(c cell) { terms = append(terms, f.cell(in, c)) }, func(c cell) {
			if !seen[c] {
				seen[c] = true
				terms = append(terms, f.cell(end, c))
			}
		})
	}
	return having(terms...)
}

// anyValue returns the bounds of what is asked of one and the same value.
func anyValue(f *filterlang.Filter, fields []field, exact bool) bounds {
	sub := &f.Sub[0]
	if sub.IsComparison() {
		b := ofValue(sub, fields)
		b.exact = b.exact && exact
		if !exact {
			b.lower = nothing
		}
		return b
	}
	return atMost(and(there(fields), test(sub, fields)))
}

// test is the chunks with a value that f, which AnyValue has, may accept.
func test(f *filterlang.Filter, fields []field) Set {
	var all []Set
	for i := range f.Sub {
		all = append(all, test(&f.Sub[i], fields))
	}
	switch f.Op {
	case filterlang.And:
		return and(all...)
	case filterlang.Or:
		return or(all...)
	case filterlang.Not:
		return everything
	default:
		return ofValue(f, fields).upper
	}
}

// size returns the bounds of a comparison of the number of values.
func size(f *filterlang.Filter, fields []field, exact bool) bounds {
	least, most := f.Args[0].Int, f.Args[1].Int
	switch {
	case least > most:
		return exactly(nothing)
	case least > 0:
		return atMost(there(fields))
	case most > 0:
		return atMost(everything)
	case !exact: // it is not where the names lead
		return atMost(everything)
	}
	return exactly(or(there(fields).not(), kinds(fields, isEmpty)))
}
