//go:build usearch && cgo

package usearch

import (
	"fmt"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// rows holds the float32 originals. Each has a slot; slots lie in slabs, padded as the
// kernels of package simd want them. It is guarded by the lock of its index.
type rows struct {
	dims, stride int         // components of a vector, and with its padding
	slabs        [][]float32 // of simd.SlabRows rows and one more component
	table        []unsafe.Pointer
	ids          []int64 // by slot; 0 where the slot is free
	free         []uint32
	pages        map[int64]*page // slots by id
	live         int
	mapped       int // slabs that lie in the index file
	least, most  int64
}

// page holds the slots of pageIDs ids that follow each other, plus one; 0 is none.
type page struct {
	slots [pageIDs]uint32
	used  int
}

const (
	pageBits = 9
	pageIDs  = 1 << pageBits
	// behind is what the kernels read behind the last row.
	behind = 1
)

func newRows(dims int) *rows {
	return &rows{dims: dims, stride: (dims + 7) &^ 7, pages: map[int64]*page{}}
}

func (r *rows) layout() simd.Layout {
	return simd.Layout{Stride: 4 * r.stride, Bytes: 4 * r.stride}
}

// slot returns where the vector of id lies.
func (r *rows) slot(id int64) (uint32, bool) {
	p := r.pages[id>>pageBits]
	if p == nil {
		return 0, false
	}
	s := p.slots[id&(pageIDs-1)]
	return s - 1, s != 0
}

// at returns the padded vector in slot.
func (r *rows) at(slot uint32) []float32 {
	i := int(slot%simd.SlabRows) * r.stride
	return r.slabs[slot/simd.SlabRows][i : i+r.stride : i+r.stride]
}

// put makes a place for id, which must not have one, and returns it.
func (r *rows) put(id int64) []float32 {
	var slot uint32
	if n := len(r.free); n > 0 {
		slot, r.free = r.free[n-1], r.free[:n-1]
	} else {
		slot = uint32(len(r.ids))
		r.ids = append(r.ids, 0)
		if int(slot)%simd.SlabRows == 0 {
			r.grow(make([]float32, simd.SlabRows*r.stride+behind))
		}
	}
	r.name(slot, id)
	return r.at(slot)
}

func (r *rows) grow(slab []float32) {
	r.slabs = append(r.slabs, slab)
	r.table = append(r.table, unsafe.Pointer(unsafe.SliceData(slab)))
}

// name says that slot holds the vector of id.
func (r *rows) name(slot uint32, id int64) {
	r.ids[slot] = id
	p := r.pages[id>>pageBits]
	if p == nil {
		p = &page{}
		r.pages[id>>pageBits] = p
	}
	p.slots[id&(pageIDs-1)] = slot + 1
	p.used++
	r.live++
	if r.live == 1 {
		r.least, r.most = id, id
	}
	r.least, r.most = min(r.least, id), max(r.most, id)
}

// drop forgets id, if it is there.
func (r *rows) drop(id int64) {
	slot, ok := r.slot(id)
	if !ok {
		return
	}
	p := r.pages[id>>pageBits]
	p.slots[id&(pageIDs-1)] = 0
	if p.used--; p.used == 0 {
		delete(r.pages, id>>pageBits)
	}
	r.ids[slot] = 0
	r.free = append(r.free, slot)
	r.live--
}

// bytes returns the memory held, without mapped slabs.
func (r *rows) bytes() int64 {
	n := int64(len(r.slabs)-r.mapped) * int64(simd.SlabRows*r.stride+behind) * 4
	return n + 8*int64(cap(r.ids)) + 4*int64(cap(r.free)) + int64(len(r.pages))*int64(unsafe.Sizeof(page{}))
}

// adopt takes the ids and rows of an index file, whose whole slabs stay where they are.
// The rows of the last, half-full one are copied, so that more can follow them.
func (r *rows) adopt(ids []int64, data []float32) error {
	if len(data) != len(ids)*r.stride+behind {
		return domain.Errorf(domain.ErrCorrupt, "index file has %d numbers for %d rows of %d", len(data), len(ids), r.stride)
	}
	whole := len(ids) / simd.SlabRows
	for i := range whole {
		r.grow(data[i*simd.SlabRows*r.stride:])
	}
	r.mapped = whole
	if rest := data[whole*simd.SlabRows*r.stride : len(data)-behind]; len(rest) > 0 {
		slab := make([]float32, simd.SlabRows*r.stride+behind)
		copy(slab, rest)
		r.grow(slab)
	}
	r.ids = make([]int64, len(ids))
	for slot, id := range ids {
		if _, twice := r.slot(id); twice || id < 1 {
			return fmt.Errorf("index file names id %d twice or wrongly: %w", id, domain.ErrCorrupt)
		}
		r.name(uint32(slot), id)
	}
	return nil
}
