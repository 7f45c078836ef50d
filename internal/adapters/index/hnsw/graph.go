package hnsw

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// graph holds the nodes of an index. A compaction makes a new one.
type graph struct {
	shape
	coding
	view atomic.Pointer[view]
	byID *idMap

	hosts    hosts // see copies.go
	outliers outliers

	alloc  sync.Mutex // guards free, blocks, the growth of view, and n against other writers
	free   []uint32   // slots to be used again; each keeps its level and blocks
	blocks uint32     // upper blocks in use

	n     atomic.Uint32 // slots below n were used
	live  atomic.Int64  // vectors a search can find
	gone  atomic.Int64  // removed ones whose slots are not free yet
	clock atomic.Uint32 // counts removals; a removal is seen by searches that begin later

	replacing atomic.Int64 // vectors that are being put in the place of others

	entry   atomic.Uint64 // slot<<8 | level+1; 0: the graph is empty
	root    atomic.Uint32 // of the tree that holds all nodes; see tree.go
	raising sync.Mutex    // held while a node above the entry's level is added

	radius     atomic.Uint32 // float32 bits of a squared length; see bias
	review     atomic.Uint32 // the number of slots at which rows are looked at; see recode.go
	accuracy   accuracy
	vacuumSoon atomic.Bool // nodes were removed that walks would end at

	stripes [1024]sync.Mutex // guard the writing of lists, by slot
}

func newGraph(sh shape) *graph {
	g := &graph{shape: sh, byID: newIDMap()}
	g.root.Store(none)
	g.review.Store(firstReview)
	g.view.Store(&view{})
	return g
}

// lock locks the lists of slot for writing.
func (g *graph) lock(slot uint32) *sync.Mutex {
	mu := &g.stripes[slot%uint32(len(g.stripes))]
	mu.Lock()
	return mu
}

// place returns a slot for one more node, whose lists are empty, and its level.
func (g *graph) place() (slot uint32, level int) {
	g.alloc.Lock()
	defer g.alloc.Unlock()
	if last := len(g.free) - 1; last >= 0 {
		slot = g.free[last]
		g.free = g.free[:last]
		v := g.view.Load()
		level = v.level(slot)
		atomic.StoreUint32(v.parent(slot), none)
		atomic.StoreUint32(v.host(slot), none)
		atomic.StoreUint32(v.deletedAt(slot), 0) // before it has an id: with one it would be taken for waste
		for l := 0; l <= level; l++ {
			setLinks(g.list(v, slot, l), nil)
		}
		return slot, level
	}
	slot = g.n.Load()
	level = g.shape.level(uint64(slot))
	g.reserve(slot+1, g.blocks+uint32(level))
	v := g.view.Load()
	if level > 0 {
		atomic.StoreUint32(v.up(slot), g.blocks<<4|uint32(level))
		g.blocks += uint32(level)
	}
	g.n.Store(slot + 1)
	return slot, level
}

// giveBack frees a slot that was placed and has got no id.
func (g *graph) giveBack(slot uint32) {
	g.alloc.Lock()
	defer g.alloc.Unlock()
	g.free = append(g.free, slot)
}

// reserve makes room for the given numbers of slots and upper blocks.
func (g *graph) reserve(slots, blocks uint32) {
	v := g.view.Load()
	if slots <= v.slots() && blocks <= uint32(len(v.upper))<<slabShift {
		return
	}
	w := *v
	for w.slots() < slots {
		w.rows = grown(w.rows, newSlab(g.rows.Stride))
		if g.kind != kindF32 {
			w.full = grown(w.full, newSlab(g.full.Stride))
		}
		w.links = grown(w.links, newLinks(g.m0))
		w.ids = grown(w.ids, newSlab(8))
		w.deleted = grown(w.deleted, newSlab(4))
		w.ups = grown(w.ups, newSlab(4))
		w.parents = grown(w.parents, newLinks(1))
		w.hosts = grown(w.hosts, newLinks(1))
	}
	for uint32(len(w.upper))<<slabShift < blocks {
		w.upper = grown(w.upper, newLinks(g.m))
	}
	if g.kind == kindF32 {
		w.full = w.rows
	}
	g.view.Store(&w)
}

// grown returns table and one more slab, in an array of its own.
func grown(table []unsafe.Pointer, slab unsafe.Pointer) []unsafe.Pointer {
	return append(table[:len(table):len(table)], slab)
}

// newLinks returns a slab of empty lists of the given width.
func newLinks(width int) unsafe.Pointer {
	p := newSlab(4 * width)
	words := unsafe.Slice((*uint32)(p), width<<slabShift)
	for i := range words {
		words[i] = none
	}
	return p
}

// entryPoint returns the node where walks begin and its level.
func (g *graph) entryPoint() (slot uint32, level int, ok bool) {
	e := g.entry.Load()
	return uint32(e >> 8), int(e&0xff) - 1, e != 0
}

func (g *graph) setEntryPoint(slot uint32, level int) {
	g.entry.Store(uint64(slot)<<8 | uint64(level+1))
}
