package filterlang

import (
	"encoding/json"
	"strconv"
	"strings"
)

// names of the operators, in the language.
var opNames = [...]string{And: "$and", Or: "$or", AtLeast: "$at_least", Not: "$not", In: "$in", Gt: "$gt", Gte: "$gte", Lt: "$lt", Lte: "$lte",
	Exists: "$exists", Contains: "$contains", Regex: "$regex", AnyValue: "$any_value", Size: "$size", ElemMatch: "$elem_match"}

// String returns f as JSON that Parse reads as the same filter.
func (f *Filter) String() string { return string(f.append(nil, false)) }

// Shape returns f as JSON with a question mark in place of each value: filters that
// differ in values only have the same shape, and it tells nothing of what is stored.
func (f *Filter) Shape() string { return string(f.append(nil, true)) }

func (f *Filter) append(b []byte, shape bool) []byte {
	switch {
	case f.IsAll():
		return append(b, "{}"...)
	case f.IsComparison():
		b = appendQuoted(append(b, '{'), f.Field.String())
		b = append(append(b, `:{"`...), f.opName()...)
		return append(f.appendArgs(append(b, `":`...), shape), "}}"...)
	}
	b = append(append(append(b, `{"`...), f.opName()...), `":`...)
	switch f.Op {
	case Not:
		return append(f.Sub[0].append(b, shape), '}')
	case AtLeast:
		b = append(f.Args[0].AppendJSON(append(b, `{"count":`...)), `,"of":`...)
		return append(f.appendSub(b, shape), "}}"...)
	default:
		return append(f.appendSub(b, shape), '}')
	}
}

func (f *Filter) opName() string {
	if f.Op == Within {
		return f.Area.operator()
	}
	return opNames[f.Op]
}

// appendSub appends the filters in Sub, of which there is at least one, as an array.
func (f *Filter) appendSub(b []byte, shape bool) []byte {
	for i := range f.Sub {
		b = f.Sub[i].append(append(b, "[,"[min(i, 1)]), shape)
	}
	return append(b, ']')
}

func (f *Filter) appendArgs(b []byte, shape bool) []byte {
	switch {
	case f.Op == Exists:
		return append(b, "true"...)
	case f.Op == ElemMatch:
		return f.Sub[0].append(b, shape)
	case f.Op == AnyValue:
		return f.Sub[0].appendTest(b, shape)
	case shape:
		return append(b, '?')
	case f.Op == Within:
		return f.Area.appendJSON(b)
	case f.Op == Size:
		b = f.Args[0].AppendJSON(append(b, `{"$gte":`...))
		return append(f.Args[1].AppendJSON(append(b, `,"$lte":`...)), '}')
	case f.Op != In:
		return f.Args[0].AppendJSON(b)
	}
	return appendValues(b, f.Args)
}

// appendTest appends f, which AnyValue has, as a test of a value.
func (f *Filter) appendTest(b []byte, shape bool) []byte {
	b = append(append(append(b, `{"`...), f.opName()...), `":`...)
	switch f.Op {
	case Not:
		b = f.Sub[0].appendTest(b, shape)
	case And, Or:
		for i := range f.Sub {
			b = f.Sub[i].appendTest(append(b, "[,"[min(i, 1)]), shape)
		}
		b = append(b, ']')
	default:
		b = f.appendArgs(b, shape)
	}
	return append(b, '}')
}

func appendValues(b []byte, values []Value) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.AppendJSON(b)
	}
	return append(b, ']')
}

func appendQuoted(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("domain: a string does not marshal: " + err.Error()) // it always does
	}
	return append(b, quoted...)
}

func indexed(place string, i int) string { return place + "[" + strconv.Itoa(i) + "]" }

// clip keeps a name from the input short in messages.
func clip(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
