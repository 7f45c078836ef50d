package memory

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Slots are the places of a graph's vectors, and the memory that these lie in. It is safe
// for concurrent use.
type Slots struct {
	Shape
	ByID    *IDMap // the slots of live vectors
	current atomic.Pointer[View]

	_      [64]byte      // what every insert writes lies in no line of what searches read
	n      atomic.Uint32 // slots below n were used
	blocks uint32        // upper blocks in use
	alloc  sync.Mutex    // guards free, blocks, the growth of current, and n against other writers
	free   []uint32      // slots to be used again; each keeps its level and blocks
	_      [64]byte
}

// Init makes m the memory of an empty graph of such a shape, before anyone else knows m.
func (m *Slots) Init(sh Shape) {
	m.Shape, m.ByID = sh, newIDMap()
	m.current.Store(&View{})
}

// View returns the present view.
func (m *Slots) View() *View { return m.current.Load() }

// Used returns the number of slots that were used: all of them are below it.
func (m *Slots) Used() uint32 { return m.n.Load() }

// UpperBlocks returns the number of upper blocks in use. The caller keeps Place away.
func (m *Slots) UpperBlocks() uint32 { return m.blocks }

// Row returns where the row of slot lies, which walks read.
func (m *Slots) Row(v *View, slot uint32) unsafe.Pointer { return at(v.Rows, slot, m.RowLayout.Stride) }

// Original returns where the float32 original of slot lies.
func (m *Slots) Original(v *View, slot uint32) unsafe.Pointer {
	return at(v.Full, slot, m.FullLayout.Stride)
}

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

// Place returns a slot for one more node, whose lists are empty, and its level. The slot
// has no id, and no one else gets it until GiveBack.
func (m *Slots) Place() (slot uint32, level int) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	if last := len(m.free) - 1; last >= 0 {
		slot = m.free[last]
		m.free = m.free[:last]
		v := m.View()
		level = v.Level(slot)
		v.SetParent(slot, None)
		v.SetNode(slot)
		v.SetDeletedAt(slot, 0) // before it has an id: with one it would be taken for waste
		for l := 0; l <= level; l++ {
			SetLinks(m.List(v, slot, l), nil)
		}
		return slot, level
	}
	slot = m.n.Load()
	level = m.Shape.level(uint64(slot))
	m.reserve(slot+1, m.blocks+uint32(level))
	m.Raise(m.View(), slot, level)
	m.n.Store(slot + 1)
	return slot, level
}

// GiveBack frees slots that have no id.
func (m *Slots) GiveBack(slots ...uint32) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	m.free = append(m.free, slots...)
}

// Gaps returns how many slots are free to be used again, and how many were used.
func (m *Slots) Gaps() (free, used int) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	return len(m.free), int(m.n.Load())
}

// Occupy makes room for so many slots and upper blocks in memory that is empty and that no
// one else knows. All of the slots count as used; Raise hands out the blocks.
func (m *Slots) Occupy(slots, blocks uint32) {
	m.reserve(slots, blocks)
	m.n.Store(slots)
}

// Adopt makes v, of which so many slots and blocks are used, the memory. It keeps v.
func (m *Slots) Adopt(v *View, slots, blocks uint32) {
	m.current.Store(v)
	m.n.Store(slots)
	m.blocks = blocks
}

// Raise gives slot the next of the upper blocks for its links on the levels above the base.
// The caller sees to it that no one else does so.
func (m *Slots) Raise(v *View, slot uint32, level int) {
	if level > 0 {
		atomic.StoreUint32(word(v.Ups, slot), m.blocks<<4|uint32(level))
		m.blocks += uint32(level)
	}
}

// reserve makes room for the given numbers of slots and upper blocks.
func (m *Slots) reserve(slots, blocks uint32) {
	v := m.View()
	if slots <= v.Len() && blocks <= uint32(len(v.Upper))<<slabShift {
		return
	}
	w := *v
	for w.Len() < slots {
		w.Rows = grown(w.Rows, NewSlab(m.RowLayout.Stride))
		if m.Kind != KindF32 {
			w.Full = grown(w.Full, NewSlab(m.FullLayout.Stride))
		}
		w.Links = grown(w.Links, NewLinks(m.M0))
		w.IDs = grown(w.IDs, NewSlab(8))
		w.Deleted = grown(w.Deleted, NewSlab(4))
		w.Ups = grown(w.Ups, NewSlab(4))
		w.Parents = grown(w.Parents, NewLinks(1))
		w.Hosts = grown(w.Hosts, NewLinks(1))
	}
	for uint32(len(w.Upper))<<slabShift < blocks {
		w.Upper = grown(w.Upper, NewLinks(m.M))
	}
	if m.Kind == KindF32 {
		w.Full = w.Rows
	}
	m.current.Store(&w)
}

// Bytes returns the memory of slabs and id map, mapped ones included.
func (m *Slots) Bytes() int64 {
	v := m.View()
	perSlot := m.RowLayout.Stride + 4*m.M0 + 8 + 4 + 4 + 4 + 4
	if m.Kind != KindF32 {
		perSlot += m.FullLayout.Stride
	}
	return int64(v.Len())*int64(perSlot) + int64(len(v.Upper))<<slabShift*int64(4*m.M) + m.ByID.Bytes()
}
