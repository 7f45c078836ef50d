package wire

import (
	"encoding/base64"
	"encoding/binary"
	"math"
)

// base64Coding is what a vector in a string is written in: the standard alphabet, with
// padding and without stray bits at the end.
var base64Coding = base64.StdEncoding.Strict()

// Vector reads a vector, which is an array of numbers or a string with the base64 of its
// components as little-endian float32, and appends it to dst. The string says the same in
// 5.3 bytes for each component, and is read several times faster.
func (s *Scanner) Vector(dst []float32) ([]float32, error) {
	if s.Next() != '"' {
		return s.Floats(dst)
	}
	at := s.pos
	text, err := s.Text()
	if err != nil {
		return dst, err
	}
	size := base64Coding.DecodedLen(len(text))
	if cap(s.raw) < size {
		s.raw = make([]byte, size)
	}
	n, err := base64Coding.Decode(s.raw[:size], text)
	if err != nil {
		s.pos = at
		return dst, s.Errorf("a vector in a string must be base64 of little-endian float32, with padding")
	}
	if n%4 != 0 {
		s.pos = at
		return dst, s.Errorf("a vector in a string has 4 bytes for each component, but these are %d bytes", n)
	}
	for raw := s.raw[:n]; len(raw) >= 4; raw = raw[4:] {
		dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return dst, nil
}

// AppendBase64 appends v as a string that Vector reads.
func AppendBase64(b []byte, v []float32) []byte {
	b = append(b, '"')
	// Twelve bytes, three components, become sixteen characters.
	var raw [12]byte
	for len(v) >= 3 {
		for i, x := range v[:3] {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
		}
		b = base64Coding.AppendEncode(b, raw[:])
		v = v[3:]
	}
	rest := raw[:0]
	for _, x := range v {
		rest = binary.LittleEndian.AppendUint32(rest, math.Float32bits(x))
	}
	return append(base64Coding.AppendEncode(b, rest), '"')
}
