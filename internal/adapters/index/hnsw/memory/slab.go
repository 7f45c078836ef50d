package memory

import (
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/simd"
)

const (
	slabShift = 10
	slabMask  = simd.SlabRows - 1
)

// None stands for no slot.
const None = ^uint32(0)

// at returns the address of entry i, of the given size, in a table of slabs.
func at(table []unsafe.Pointer, i uint32, size int) unsafe.Pointer {
	return unsafe.Add(table[i>>slabShift], int(i&slabMask)*size)
}

// word returns entry i in a table of words.
func word(table []unsafe.Pointer, i uint32) *uint32 { return (*uint32)(at(table, i, 4)) }

// NewSlab returns zeroed memory for one slab of entries of so many bytes; it starts at a
// multiple of 64.
func NewSlab(entry int) unsafe.Pointer {
	size := entry * simd.SlabRows
	words := make([]uint64, size/8+8)
	p := unsafe.Pointer(unsafe.SliceData(words))
	return unsafe.Add(p, -uintptr(p)&63)
}

// NewLinks returns a slab of empty lists of the given width.
func NewLinks(width int) unsafe.Pointer {
	p := NewSlab(4 * width)
	words := unsafe.Slice((*uint32)(p), width<<slabShift)
	for i := range words {
		words[i] = None
	}
	return p
}

// grown returns table and one more slab, in an array of its own.
func grown(table []unsafe.Pointer, slab unsafe.Pointer) []unsafe.Pointer {
	return append(table[:len(table):len(table)], slab)
}
