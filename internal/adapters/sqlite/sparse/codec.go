package sparse

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Encode returns v as it is stored, nil for none. Each vector, in the order of their names,
// is the length of its name, the name, the number of its entries, its indices, ascending, as
// the distance of each from the one before, the first from -1 (all of these unsigned varints
// but for the name), and its values as little-endian float32, bit for bit. v has been
// checked.
func Encode(v domain.SparseVectors) []byte {
	if len(v) == 0 {
		return nil
	}
	b := make([]byte, 0, v.Size()+int64(8*len(v)))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		one := v[name].Sorted()
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(len(one.Indices)))
		before := int64(-1)
		for _, index := range one.Indices {
			b = binary.AppendUvarint(b, uint64(int64(index)-before))
			before = int64(index)
		}
		for _, x := range one.Values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b
}

// Decode is the reverse of Encode. It returns ErrCorrupt for what Encode does not return,
// but for varints that are longer than they need be.
func Decode(b []byte) (domain.SparseVectors, error) {
	if b == nil {
		return nil, nil
	}
	d := decoder{left: b}
	v, before := make(domain.SparseVectors, 1), ""
	for len(d.left) > 0 && !d.bad {
		name := string(d.bytes(d.number(domain.MaxSparseName)))
		one := d.vector()
		d.bad = d.bad || name <= before
		v[name], before = one, name
	}
	if d.bad || len(v) == 0 {
		return nil, fmt.Errorf("sparse vectors of %d bytes: %w", len(b), domain.ErrCorrupt)
	}
	return v, nil
}

// decoder reads the parts of a blob. After one that is not there, all are empty.
type decoder struct {
	left []byte
	bad  bool
}

// number reads a number that is at most most.
func (d *decoder) number(most uint64) uint64 {
	x, n := binary.Uvarint(d.left)
	if d.bad || n <= 0 || x > most {
		d.bad = true
		return 0
	}
	d.left = d.left[n:]
	return x
}

func (d *decoder) bytes(n uint64) []byte {
	if d.bad || n > uint64(len(d.left)) {
		d.bad = true
		return nil
	}
	b := d.left[:n]
	d.left = d.left[n:]
	return b
}

// vector reads one vector. An entry takes five bytes at least, so that a number of entries
// which is not true does not ask for memory.
func (d *decoder) vector() (v domain.SparseVector) {
	n := d.number(min(domain.MaxSparseEntries, uint64(len(d.left)/5)))
	v = domain.SparseVector{Indices: make([]uint32, n), Values: make([]float32, n)}
	before := int64(-1)
	for i := range v.Indices {
		step := int64(d.number(math.MaxUint32 + 1))
		before += step
		d.bad = d.bad || step < 1 || before > math.MaxUint32
		v.Indices[i] = uint32(before)
	}
	if raw := d.bytes(4 * n); !d.bad {
		for i := range v.Values {
			x := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			d.bad = d.bad || x-x != 0 // not finite
			v.Values[i] = x
		}
	}
	return v
}
