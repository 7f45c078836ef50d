// Package fields writes and reads messages of protocol buffers field by field, over
// protowire.
package fields

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Number is the number of a field.
type Number = int32

// Message is a message that is being written. Its methods append a field and return the
// longer message. Empty texts, zeros and false are left out, as proto3 does; the Set methods
// write them too.
type Message []byte

// Text appends a text.
func (m Message) Text(field Number, s string) Message {
	if s == "" {
		return m
	}
	return m.SetText(field, s)
}

// SetText appends a text that may be empty.
func (m Message) SetText(field Number, s string) Message {
	return protowire.AppendString(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), s)
}

// Texts appends a repeated text.
func (m Message) Texts(field Number, texts []string) Message {
	for _, s := range texts {
		m = m.SetText(field, s)
	}
	return m
}

// Int appends a whole number or an enumeration.
func (m Message) Int(field Number, n int64) Message {
	if n == 0 {
		return m
	}
	return m.SetInt(field, n)
}

// SetInt appends a whole number that may be 0.
func (m Message) SetInt(field Number, n int64) Message {
	return protowire.AppendVarint(protowire.AppendTag(m, protowire.Number(field), protowire.VarintType), uint64(n))
}

// Bool appends a boolean.
func (m Message) Bool(field Number, b bool) Message {
	if !b {
		return m
	}
	return m.SetInt(field, 1)
}

// SetBool appends a boolean that may be false.
func (m Message) SetBool(field Number, b bool) Message {
	return m.SetInt(field, int64(protowire.EncodeBool(b)))
}

// Double appends a number that may be 0.
func (m Message) Double(field Number, f float64) Message {
	return protowire.AppendFixed64(protowire.AppendTag(m, protowire.Number(field), protowire.Fixed64Type), math.Float64bits(f))
}

// Float appends a number of 32 bits that may be 0.
func (m Message) Float(field Number, f float32) Message {
	return protowire.AppendFixed32(protowire.AppendTag(m, protowire.Number(field), protowire.Fixed32Type), math.Float32bits(f))
}

// Sub appends a message.
func (m Message) Sub(field Number, sub Message) Message {
	return protowire.AppendBytes(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), sub)
}

// Vector appends a vector as bytes, little-endian.
func (m Message) Vector(field Number, v []float32) Message {
	m = protowire.AppendVarint(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), uint64(4*len(v)))
	for _, x := range v {
		m = binary.LittleEndian.AppendUint32(m, math.Float32bits(x))
	}
	return m
}

// Doubles appends numbers as one packed field.
func (m Message) Doubles(field Number, numbers []float64) Message {
	return m.packed64(field, len(numbers), func(i int) uint64 { return math.Float64bits(numbers[i]) })
}

func (m Message) packed64(field Number, n int, at func(int) uint64) Message {
	m = protowire.AppendVarint(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), uint64(8*n))
	for i := range n {
		m = binary.LittleEndian.AppendUint64(m, at(i))
	}
	return m
}

// Ints appends whole numbers as one packed field.
func (m Message) Ints(field Number, numbers []int64) Message {
	var packed []byte
	for _, n := range numbers {
		packed = protowire.AppendVarint(packed, uint64(n))
	}
	return m.Sub(field, packed)
}

// Bools appends booleans as one packed field.
func (m Message) Bools(field Number, values []bool) Message {
	var packed []byte
	for _, b := range values {
		packed = protowire.AppendVarint(packed, protowire.EncodeBool(b))
	}
	return m.Sub(field, packed)
}

// Value is a field that was read.
type Value struct {
	Bytes []byte // of texts, bytes and messages; part of what is read
	Bits  uint64 // of numbers
}

// Text returns a text.
func (v Value) Text() string { return string(v.Bytes) }

// Int returns a whole number.
func (v Value) Int() int64 { return int64(v.Bits) }

// Bool returns a boolean.
func (v Value) Bool() bool { return v.Bits != 0 }

// Float returns a number of 32 bits.
func (v Value) Float() float32 { return math.Float32frombits(uint32(v.Bits)) }

// Double returns a number of 64 bits.
func (v Value) Double() float64 { return math.Float64frombits(v.Bits) }

// Vector returns a vector that stands as bytes.
func (v Value) Vector() []float32 {
	vector := make([]float32, len(v.Bytes)/4)
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(v.Bytes[4*i:]))
	}
	return vector
}

// Words returns the 64-bit words of bytes, little-endian.
func (v Value) Words() []uint64 {
	words := make([]uint64, len(v.Bytes)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(v.Bytes[8*i:])
	}
	return words
}

// Each calls fn with each field of a message, in their order.
func Each(message []byte, fn func(field Number, v Value) error) error {
	for len(message) > 0 {
		tag, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("a message of the cluster is broken: %w", protowire.ParseError(n))
		}
		message = message[n:]
		v, n := consume(message, tag, kind)
		if n < 0 {
			return fmt.Errorf("field %d of a message of the cluster is broken: %w", tag, protowire.ParseError(n))
		}
		message = message[n:]
		if err := fn(Number(tag), v); err != nil {
			return err
		}
	}
	return nil
}

// consume reads the value of a field; n is its length, negative for an error.
func consume(b []byte, tag protowire.Number, kind protowire.Type) (v Value, n int) {
	switch kind {
	case protowire.VarintType:
		v.Bits, n = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var bits uint32
		bits, n = protowire.ConsumeFixed32(b)
		v.Bits = uint64(bits)
	case protowire.Fixed64Type:
		v.Bits, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		v.Bytes, n = protowire.ConsumeBytes(b)
	default:
		n = protowire.ConsumeFieldValue(tag, kind, b)
	}
	return v, n
}
