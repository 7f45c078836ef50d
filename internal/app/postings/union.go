package postings

import (
	"bytes"
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

const (
	// fewSets is up to how many sets are united one by one. More go to a plain array of
	// bits first: each step of a union of small sets copies what it has so far.
	fewSets = 8
	// plainIDs is up to which id there is such an array: of 8 MB then.
	plainIDs = 1 << 26
)

// union is sets being united.
type union struct {
	words []uint64          // ids below plainIDs, a bit each
	rest  *roaring64.Bitmap // nil: there are none
}

func (u *union) add(s *set) {
	for _, id := range s.few {
		u.addID(id)
	}
	if s.many == nil {
		return
	}
	var some [256]uint64
	it := s.many.ManyIterator()
	for n := it.NextMany(some[:]); n > 0; n = it.NextMany(some[:]) {
		for _, id := range some[:n] {
			u.addID(id)
		}
	}
}

func (u *union) addID(id uint64) {
	if id >= plainIDs {
		if u.rest == nil {
			u.rest = roaring64.New()
		}
		u.rest.Add(id)
		return
	}
	at := int(id >> 6)
	if at >= len(u.words) {
		u.words = append(u.words, make([]uint64, at+1+at/2-len(u.words))...)
	}
	u.words[at] |= 1 << (id & 63)
}

// addTo adds the union to b.
func (u *union) addTo(b *roaring64.Bitmap) {
	if u.rest != nil {
		b.Or(u.rest)
	}
	if len(u.words) > 0 {
		b.Or(fromWords(u.words))
	}
}

// fromWords returns a bit set as a bitmap, by way of its form in a file: one bitmap of 32
// bits, under the upper half of its ids.
func fromWords(words []uint64) *roaring64.Bitmap {
	var buf bytes.Buffer
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], 1) // bitmaps that follow; the upper half of the first is 0
	buf.Write(head[:])
	b := roaring64.New()
	if _, err := roaring.FromDense(words, false).WriteTo(&buf); err != nil {
		panic("postings: a bitmap cannot be written: " + err.Error()) // memory takes all
	}
	if _, err := b.ReadFrom(&buf); err != nil {
		panic("postings: a bitmap cannot be read: " + err.Error()) // it was written above
	}
	return b
}

// unite adds sets to b.
func unite(sets []*set, b *roaring64.Bitmap) {
	if len(sets) <= fewSets {
		for _, s := range sets {
			s.addTo(b)
		}
		return
	}
	var u union
	for _, s := range sets {
		u.add(s)
	}
	u.addTo(b)
}
