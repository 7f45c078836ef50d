package filter

import (
	"slices"

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

	fetched uint64 // of no meaning; it keeps the compiler from leaving out fetch
}

// fetchedSets is how many sets are fetched at a time: they fit into the nearest cache.
const fetchedSets = 8

// fetch reads a number of each cache line of sets. So the processor waits for many lines
// at a time, where it would wait for one after the other while it adds: sets of names that
// are seldom asked for lie in memory.
func (u *union) fetch(sets []*set) {
	const line = 8
	for _, s := range sets {
		for i := 0; i < len(s.few); i += line {
			u.fetched += s.few[i]
		}
	}
}

func (u *union) add(s *set) {
	if s.many == nil {
		u.addIDs(s.few)
		return
	}
	var some [256]uint64
	it := s.many.ManyIterator()
	for n := it.NextMany(some[:]); n > 0; n = it.NextMany(some[:]) {
		u.addIDs(some[:n])
	}
}

// addIDs adds ids, which ascend.
func (u *union) addIDs(ids []uint64) {
	if len(ids) == 0 {
		return
	}
	if last := ids[len(ids)-1]; last < plainIDs {
		u.reach(last)
		// Most of the time of a large union goes here.
		words := u.words
		for _, id := range ids {
			words[id>>6] |= 1 << (id & 63)
		}
		return
	}
	for _, id := range ids {
		u.addID(id)
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
	u.reach(id)
	u.words[id>>6] |= 1 << (id & 63)
}

// reach makes room for id, which is below plainIDs.
func (u *union) reach(id uint64) {
	if at := int(id >> 6); at >= len(u.words) {
		u.words = append(u.words, make([]uint64, at+1+at/2-len(u.words))...)
	}
}

// addTo adds the union to b.
func (u *union) addTo(b *roaring64.Bitmap) {
	if u.rest != nil {
		b.Or(u.rest)
	}
	if len(u.words) > 0 {
		b.Or(roaring64.Roaring32AsRoaring64(roaring.FromDense(u.words, false)))
	}
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
	for some := range slices.Chunk(sets, fetchedSets) {
		u.fetch(some)
		for _, s := range some {
			u.add(s)
		}
	}
	u.addTo(b)
}
