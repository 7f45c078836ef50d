package flat

import "sync/atomic"

// table finds the newest slot of an id: an open hash table of slot numbers, four bytes
// each, the ids themselves being in the slots. One writer changes it while readers look.
type table struct {
	cells []atomic.Uint32 // slot plus 1; 0: empty
	mask  uint32
	used  int // cells in use; the writer's
}

// newTable returns an empty table with room for n ids.
func newTable(n int) *table {
	size := 32
	for size*3/4 < n {
		size *= 2
	}
	return &table{cells: make([]atomic.Uint32, size), mask: uint32(size - 1)}
}

// full reports whether the table must be replaced by a larger one before an insert.
func (t *table) full() bool { return t.used >= len(t.cells)*3/4 }

// hash spreads ids, which often follow each other, over the cells.
func hash(id int64) uint32 {
	return uint32(uint64(id) * 0x9e3779b97f4a7c15 >> 32)
}

// cell returns the cell of id, or the empty one where it belongs, and the slot plus 1
// that it holds.
func (t *table) cell(st *store, id int64) (*atomic.Uint32, uint32) {
	for i := hash(id) & t.mask; ; i = (i + 1) & t.mask {
		c := &t.cells[i]
		if slot := c.Load(); slot == 0 || st.id(slot-1) == id {
			return c, slot
		}
	}
}

// set makes slot the newest one of the id in it, whose cell is c.
func (t *table) set(c *atomic.Uint32, slot uint32) {
	if c.Load() == 0 {
		t.used++
	}
	c.Store(slot + 1)
}

// find returns the slot in which id lives at view v.
func (v *view) find(id int64) (slot uint32, ok bool) {
	_, next := v.table.cell(v.store, id)
	for next != 0 {
		slot = next - 1
		b, row := v.store.at(slot)
		if slot < v.slots {
			return slot, b.alive(row, v.version)
		}
		next = b.before[row] // written after v: the one before it may be v's
	}
	return 0, false
}
