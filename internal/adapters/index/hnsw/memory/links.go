package memory

import (
	"sync/atomic"
	"unsafe"
)

// Base returns where the links of slot on the lowest level lie.
func (m *Slots) Base(v *View, slot uint32) unsafe.Pointer { return at(v.Links, slot, 4*m.M0) }

// List returns the links of slot on level. A list ends at the first none or at its full
// width. Its words are read and written atomically, one by one: a reader beside a
// writer may see old and new links mixed, all of which are nodes.
func (m *Slots) List(v *View, slot uint32, level int) []uint32 {
	if level == 0 {
		return unsafe.Slice((*uint32)(m.Base(v, slot)), m.M0)
	}
	block := atomic.LoadUint32(word(v.Ups, slot))>>4 + uint32(level-1)
	upper := v.Upper
	if int(block>>slabShift) >= len(upper) {
		upper = m.View().Upper // the node is newer than v, but in a slab that v has
	}
	return unsafe.Slice((*uint32)(at(upper, block, 4*m.M)), m.M)
}

// SetLinks writes links to list, and none behind them.
func SetLinks(list, links []uint32) {
	for i := range list {
		to := None
		if i < len(links) {
			to = links[i]
		}
		if atomic.LoadUint32(&list[i]) != to {
			atomic.StoreUint32(&list[i], to)
		}
	}
}

// LinksOf appends the links in list to buf.
func LinksOf(list, buf []uint32) []uint32 {
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == None {
			break
		}
		buf = append(buf, to)
	}
	return buf
}
