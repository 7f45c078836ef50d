package filterlang

import (
	"cmp"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// ValueKind is the kind of a Value. Integers and other numbers are one kind to filters,
// but are kept apart so that large integers stay exact.
type ValueKind uint8

// The kinds of values, in the order in which Compare sorts them.
const (
	NullValue ValueKind = iota
	FalseValue
	TrueValue
	IntValue   // a number that is an int64
	FloatValue // any other number
	TextValue
)

// Value is a scalar of JSON, as filters compare it: two are the same to a filter just if
// they are equal in Go.
type Value struct {
	Kind  ValueKind
	Int   int64   // of an IntValue
	Float float64 // of a FloatValue
	Text  string  // of a TextValue
}

// Int returns i as a value.
func Int(i int64) Value { return Value{Kind: IntValue, Int: i} }

// Text returns s as a value.
func Text(s string) Value { return Value{Kind: TextValue, Text: s} }

// Bool returns b as a value.
func Bool(b bool) Value {
	if b {
		return Value{Kind: TrueValue}
	}
	return Value{Kind: FalseValue}
}

// Number returns f as a value, which must not be NaN. A whole number of int64 becomes an
// IntValue, so that 1.0 and 1 are equal.
func Number(f float64) Value {
	const end = 1 << 63
	if f >= -end && f < end && f == math.Trunc(f) {
		return Int(int64(f))
	}
	return Value{Kind: FloatValue, Float: f}
}

// parseNumber reads a number of JSON. One beyond float64 becomes an infinity.
func parseNumber(text string) Value {
	if !strings.ContainsAny(text, ".eE") {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Int(i)
		}
	}
	f, _ := strconv.ParseFloat(text, 64) // an infinity with the error of its range
	return Number(f)
}

// ParseValue reads a string, a number, true, false or null of JSON, as AppendJSON writes it: also
// a number beyond float64, which becomes an infinity.
func ParseValue(text string) (v Value, err error) {
	wrong := domain.Errorf(domain.ErrInvalid, "must be a string, a number, true, false or null of JSON")
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	t, err := d.Token()
	if err != nil {
		return v, wrong
	}
	if _, err := d.Token(); err != io.EOF {
		return v, wrong
	}
	switch t := t.(type) {
	case nil:
		return Value{}, nil
	case bool:
		return Bool(t), nil
	case string:
		return Text(t), nil
	case json.Number:
		return parseNumber(string(t)), nil
	}
	return v, wrong
}

// IsNumber reports whether v is a number.
func (v Value) IsNumber() bool { return v.Kind == IntValue || v.Kind == FloatValue }

// Comparable reports whether v and w are both numbers or both texts, so that one is less
// than the other, or they are equal.
func (v Value) Comparable(w Value) bool {
	return v.IsNumber() && w.IsNumber() || v.Kind == TextValue && w.Kind == TextValue
}

// Compare orders values: null, false, true, numbers by size, texts by their bytes.
func (v Value) Compare(w Value) int {
	switch {
	case v.IsNumber() && w.IsNumber():
		return compareNumbers(v, w)
	case v.Kind != w.Kind:
		return cmp.Compare(v.Kind, w.Kind)
	case v.Kind == TextValue:
		return strings.Compare(v.Text, w.Text)
	}
	return 0
}

// compareInOrder is Compare for greater and less: two texts that name times compare as
// instants.
func (v Value) compareInOrder(w Value) int {
	if v.Kind == TextValue && w.Kind == TextValue {
		if a, ok := ParseInstant(v.Text); ok {
			if b, ok := ParseInstant(w.Text); ok {
				return a.Compare(b)
			}
		}
	}
	return v.Compare(w)
}

// compareNumbers compares exactly, without turning large integers into floats.
func compareNumbers(v, w Value) int {
	switch {
	case v.Kind == IntValue && w.Kind == IntValue:
		return cmp.Compare(v.Int, w.Int)
	case v.Kind == FloatValue && w.Kind == FloatValue:
		return cmp.Compare(v.Float, w.Float)
	case v.Kind == FloatValue:
		return -compareNumbers(w, v)
	}
	const end = 1 << 63
	switch f := math.Floor(w.Float); {
	case f >= end:
		return -1
	case f < -end:
		return 1
	case v.Int <= int64(f): // w is no whole number, so above its floor
		return -1
	}
	return 1
}

// Any returns v as a Go value: nil, a bool, an int64, a float64 or a string.
func (v Value) Any() any {
	switch v.Kind {
	case FalseValue, TrueValue:
		return v.Kind == TrueValue
	case IntValue:
		return v.Int
	case FloatValue:
		return v.Float
	case TextValue:
		return v.Text
	default:
		return nil
	}
}

// AppendJSON appends v as JSON. A number beyond float64 is one beyond it again.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.Kind {
	case FalseValue:
		return append(b, "false"...)
	case TrueValue:
		return append(b, "true"...)
	case IntValue:
		return strconv.AppendInt(b, v.Int, 10)
	case FloatValue:
		if math.IsInf(v.Float, 0) {
			return append(strconv.AppendInt(b, int64(math.Copysign(1, v.Float)), 10), "e999"...)
		}
		return strconv.AppendFloat(b, v.Float, 'g', -1, 64)
	case TextValue:
		return appendQuoted(b, v.Text)
	case NullValue:
	}
	return append(b, "null"...)
}
