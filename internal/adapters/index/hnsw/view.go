package hnsw

import (
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/simd"
)

// view is the memory of a graph: tables of slabs of simd.SlabRows entries each. Slabs
// never move and a view never changes; a graph that grows gets a new view with the old
// slabs and more, so readers need no lock. A reader that meets a slot beyond its view
// loads the graph's view again: it was published before any link to the slot was.
type view struct {
	rows, full, links []unsafe.Pointer // by slot
	ids, deleted, ups []unsafe.Pointer // by slot
	parents, hosts    []unsafe.Pointer // by slot
	upper             []unsafe.Pointer // by block: links of one node on one upper level
}

func (v *view) slots() uint32 { return uint32(len(v.links)) << slabShift }

const (
	slabShift = 10
	slabMask  = simd.SlabRows - 1
	none      = ^uint32(0) // no slot
)

// at returns the address of entry i of the given size.
func at(table []unsafe.Pointer, i uint32, size int) unsafe.Pointer {
	return unsafe.Add(table[i>>slabShift], int(i&slabMask)*size)
}

// newSlab returns zeroed memory for one slab that starts at a multiple of 64.
func newSlab(entry int) unsafe.Pointer {
	size := entry * simd.SlabRows
	words := make([]uint64, size/8+8)
	p := unsafe.Pointer(unsafe.SliceData(words))
	return unsafe.Add(p, -uintptr(p)&63)
}

// id returns the id in slot; 0 means that the slot is free.
func (v *view) id(slot uint32) *int64 { return (*int64)(at(v.ids, slot, 8)) }

// deletedAt returns when the slot's vector was removed, 0 for never; see graph.clock.
func (v *view) deletedAt(slot uint32) *uint32 { return (*uint32)(at(v.deleted, slot, 4)) }

// up returns the slot's upper reference: its first block << 4 | its level.
func (v *view) up(slot uint32) *uint32 { return (*uint32)(at(v.ups, slot, 4)) }

func (v *view) isDeleted(slot uint32) bool { return atomic.LoadUint32(v.deletedAt(slot)) != 0 }

func (v *view) level(slot uint32) int { return int(atomic.LoadUint32(v.up(slot)) & maxLevel) }

// list returns the links of slot on level. A list ends at the first none or at its full
// width. Its words are read and written atomically, one by one: a reader beside a
// writer may see old and new links mixed, all of which are nodes.
func (g *graph) list(v *view, slot uint32, level int) []uint32 {
	if level == 0 {
		return unsafe.Slice((*uint32)(at(v.links, slot, 4*g.m0)), g.m0)
	}
	block := atomic.LoadUint32(v.up(slot))>>4 + uint32(level-1)
	upper := v.upper
	if int(block>>slabShift) >= len(upper) {
		upper = g.view.Load().upper // the node is newer than v, but in a slab that v has
	}
	return unsafe.Slice((*uint32)(at(upper, block, 4*g.m)), g.m)
}

// setLinks writes links to list, and none behind them.
func setLinks(list, links []uint32) {
	for i := range list {
		to := none
		if i < len(links) {
			to = links[i]
		}
		if atomic.LoadUint32(&list[i]) != to {
			atomic.StoreUint32(&list[i], to)
		}
	}
}

// links appends the links in list to buf.
func linksOf(list, buf []uint32) []uint32 {
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == none {
			break
		}
		buf = append(buf, to)
	}
	return buf
}
