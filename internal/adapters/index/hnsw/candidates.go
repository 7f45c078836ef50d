package hnsw

import "math"

// candidates holds the nearest nodes that a walk has met, sorted. An entry is one number: the
// distance in its upper half, made so that it sorts like the float it was, then the
// slot, then one bit that says whether the node's links were followed.
type candidates struct {
	entries []uint64
	size    int // at most so many are kept
}

const followed = 1

func entryOf(distance float32, slot uint32) uint64 {
	b := math.Float32bits(distance)
	if b>>31 != 0 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	return uint64(b)<<32 | uint64(slot)<<1
}

func entrySlot(e uint64) uint32 { return uint32(e) >> 1 }

// entryDistance returns the distance in e.
func entryDistance(e uint64) float32 {
	b := uint32(e >> 32)
	if b>>31 != 0 {
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}

func (p *candidates) reset(size int) {
	p.entries, p.size = p.entries[:0], size
	if cap(p.entries) < size {
		p.entries = make([]uint64, 0, size+size/2)
	}
}

// bound returns what an entry must be below to be kept.
func (p *candidates) bound() uint64 {
	if len(p.entries) < p.size {
		return math.MaxUint64
	}
	return p.entries[p.size-1]
}

// insert puts e, which must be below the bound, in its place and returns that.
func (p *candidates) insert(e uint64) int { return p.place(e, e) }

// insertAfter puts e behind all entries of the same distance.
func (p *candidates) insertAfter(e uint64) { p.place(e, e|(1<<32-1)) }

// place puts e before the first entry that is not below key.
func (p *candidates) place(e, key uint64) int {
	if len(p.entries) < p.size {
		p.entries = append(p.entries, 0)
	}
	entries := p.entries
	// A binary search without branches that depend on the data.
	low, n := 0, len(entries)-1
	for n > 0 {
		half := (n + 1) / 2
		step := 0
		if entries[low+half-1] < key {
			step = half
		}
		low += step
		n -= half
	}
	copy(entries[low+1:], entries[low:len(entries)-1])
	entries[low] = e
	return low
}
