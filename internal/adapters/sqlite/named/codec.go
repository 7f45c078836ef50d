package named

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Encode returns v as it is stored, nil for none. Each vector, in the order of their names, is
// the length of its name, the name, the number of its components (both numbers are unsigned
// varints), and these as little-endian float32, bit for bit. v has been checked.
func Encode(v domain.Vectors) []byte {
	if len(v) == 0 {
		return nil
	}
	b := make([]byte, 0, v.Size()+int64(8*len(v)))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(len(v[name])))
		for _, x := range v[name] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b
}

// Decode is the reverse of Encode. It returns ErrCorrupt for what Encode does not return, but
// for varints that are longer than they need be.
func Decode(b []byte) (domain.Vectors, error) {
	if b == nil {
		return nil, nil
	}
	v, before := make(domain.Vectors, 1), ""
	for left := b; len(left) > 0 || len(v) == 0; {
		var name, raw []byte
		var ok bool
		if name, left, ok = part(left, 1, domain.MaxVectorName); ok {
			raw, left, ok = part(left, 4, domain.MaxDims)
		}
		if !ok || len(raw) == 0 || string(name) <= before {
			return nil, fmt.Errorf("named vectors of %d bytes: %w", len(b), domain.ErrCorrupt)
		}
		before = string(name)
		one := make([]float32, len(raw)/4)
		for i := range one {
			one[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		v[before] = one
	}
	return v, nil
}

// part splits b behind a number, which is at most most, and as many things of size bytes.
func part(b []byte, size, most uint64) (things, left []byte, ok bool) {
	x, n := binary.Uvarint(b)
	if n <= 0 || x > most || size*x > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size*x)], b[n+int(size*x):], true
}
