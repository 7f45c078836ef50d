package filter

import "slices"

// refs says which values each chunk has, so that they can be taken back. A chunk mostly
// has one; ids are dense, so they lie in pages.
type refs struct {
	pages map[uint64]*refPage
	many  map[uint64][]uint32 // of chunks with several values
}

const pageBits = 9

type refPage struct {
	used int
	ref  [1 << pageBits]uint32 // 0: none
}

// several stands for the values in many.
const several = 1<<32 - 1

func newRefs() refs { return refs{pages: map[uint64]*refPage{}, many: map[uint64][]uint32{}} }

// set notes the values of id, which had none.
func (r *refs) set(id uint64, values []uint32) {
	if len(values) == 0 {
		return
	}
	p := r.pages[id>>pageBits]
	if p == nil {
		p = new(refPage)
		r.pages[id>>pageBits] = p
	}
	p.used++
	ref := values[0]
	if len(values) > 1 {
		ref = several
		r.many[id] = slices.Clone(values)
	}
	p.ref[id&(1<<pageBits-1)] = ref
}

// of returns the values of id, appended to into.
func (r *refs) of(id uint64, into []uint32) []uint32 {
	p := r.pages[id>>pageBits]
	if p == nil {
		return into
	}
	switch ref := p.ref[id&(1<<pageBits-1)]; ref {
	case 0:
		return into
	case several:
		return append(into, r.many[id]...)
	default:
		return append(into, ref)
	}
}

// remove forgets the values of id.
func (r *refs) remove(id uint64) {
	p := r.pages[id>>pageBits]
	if p == nil || p.ref[id&(1<<pageBits-1)] == 0 {
		return
	}
	p.ref[id&(1<<pageBits-1)] = 0
	delete(r.many, id)
	if p.used--; p.used == 0 {
		delete(r.pages, id>>pageBits)
	}
}

func (r *refs) bytes() int64 {
	n := int64(len(r.pages)) * (4<<pageBits + 64)
	for _, v := range r.many {
		n += int64(4*cap(v)) + 48
	}
	return n
}
