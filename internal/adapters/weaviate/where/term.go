package where

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"

	"github.com/memista/memista/internal/domain/filterlang"
)

// kind says what a term is about.
type kind byte

// The kinds of terms.
const (
	isThere    kind = 'e' // the field is there
	isEmpty    kind = '0' // it is null or an array without elements
	isValue    kind = 'v' // a value of it
	hasText    kind = 't' // it is a text that is no time
	hasTime    kind = 'i' // it is a text that is a time
	textIn     kind = 'T' // as hasText, of an element of an array
	timeIn     kind = 'I' // as hasTime, of an element of an array
	numberIn   kind = 'r' // a number in a range of a width
	numberEnd  kind = 'R' // a number that is the first of a range, and in no smaller one
	instantIn  kind = 'a' // as numberIn, of times
	instantEnd kind = 'A'
)

// field is what terms are of: the dotted names of a field, or a part of the chunk.
type field struct {
	source filterlang.Source
	nested bool // its way leads through an array in an array
	name   string
}

// termBytes of the hash make a term of twenty characters: 120 bits.
const termBytes = 15

// term returns the term of a kind of a field, with a payload.
func (f field) term(k kind, payload ...byte) string {
	b := make([]byte, 0, 64+len(f.name)+len(payload))
	nested := byte(0)
	if f.nested {
		nested = 1
	}
	b = append(b, byte(k), byte(f.source), nested)
	b = binary.AppendUvarint(b, uint64(len(f.name)))
	b = append(append(b, f.name...), payload...)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:termBytes])
}

// value returns the term of a value of f.
func (f field) value(v filterlang.Value) string {
	b := []byte{byte(v.Kind)}
	switch v.Kind {
	case filterlang.IntValue:
		b = binary.BigEndian.AppendUint64(b, uint64(v.Int))
	case filterlang.FloatValue:
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(v.Float))
	case filterlang.TextValue:
		b = append(b, v.Text...)
	case filterlang.NullValue, filterlang.FalseValue, filterlang.TrueValue:
	}
	return f.term(isValue, b...)
}

// cell returns the term of a range of f.
func (f field) cell(k kind, c cell) string {
	b := binary.BigEndian.AppendUint64([]byte{c.level}, c.prefix)
	return f.term(k, b...)
}
