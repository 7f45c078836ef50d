package walk

import "math"

// Candidates holds the nearest nodes that a walk has met, sorted. An entry is one number: the
// distance in its upper half, made so that it sorts like the float it was, then the
// slot, then one bit that says whether the node's links were followed.
type Candidates struct {
	Entries []uint64 // nearest first
	size    int      // at most so many are kept
}

const followed = 1

// Entry returns the entry of a node that was not followed yet.
func Entry(distance float32, slot uint32) uint64 {
	b := math.Float32bits(distance)
	if b>>31 != 0 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	return uint64(b)<<32 | uint64(slot)<<1
}

// SlotOf returns the slot in e.
func SlotOf(e uint64) uint32 { return uint32(e) >> 1 }

// DistanceOf returns the distance in e.
func DistanceOf(e uint64) float32 {
	b := uint32(e >> 32)
	if b>>31 != 0 {
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}

// Reset empties p, which keeps the nearest size from now on.
func (p *Candidates) Reset(size int) {
	p.Entries, p.size = p.Entries[:0], size
	if cap(p.Entries) < size {
		p.Entries = make([]uint64, 0, size+size/2)
	}
}

// Bound returns what an entry must be below to be kept.
func (p *Candidates) Bound() uint64 {
	if len(p.Entries) < p.size {
		return math.MaxUint64
	}
	return p.Entries[p.size-1]
}

// Insert puts e, which must be below Bound, in its place and returns that. The farthest one
// goes if there are too many.
func (p *Candidates) Insert(e uint64) int { return p.place(e, e) }

// InsertAfter is Insert, but puts e behind all entries of the same distance.
func (p *Candidates) InsertAfter(e uint64) { p.place(e, e|(1<<32-1)) }

// place puts e before the first entry that is not below key.
func (p *Candidates) place(e, key uint64) int {
	if len(p.Entries) < p.size {
		p.Entries = append(p.Entries, 0)
	}
	entries := p.Entries
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
