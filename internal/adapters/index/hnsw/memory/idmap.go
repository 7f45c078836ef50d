package memory

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/ports"
)

// IDMap maps ids to slots. Readers take no lock. Ids come in runs, so it maps pages of
// 64 ids and holds 4 bytes per id in a full page.
type IDMap struct {
	table atomic.Pointer[[]atomic.Pointer[idPage]] // open addressing, a power of two long
	mu    sync.Mutex                               // guards the making of pages and tables
	pages int
}

const idPageSize = 64

type idPage struct {
	number int64
	slots  [idPageSize]atomic.Uint32 // slot + 1; 0: none
}

// newIDMap returns an empty map.
func newIDMap() *IDMap {
	m := &IDMap{}
	table := make([]atomic.Pointer[idPage], 16)
	m.table.Store(&table)
	return m
}

func pageHash(number int64) uint64 {
	h := uint64(number) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

// page returns the page called number, or nil.
func (m *IDMap) page(number int64) *idPage {
	table := *m.table.Load()
	mask := uint64(len(table) - 1)
	for i := pageHash(number); ; i++ {
		p := table[i&mask].Load()
		if p == nil || p.number == number {
			return p
		}
	}
}

// makePage returns the page called number and makes it where there is none.
func (m *IDMap) makePage(number int64) *idPage {
	if p := m.page(number); p != nil {
		return p
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.page(number); p != nil {
		return p
	}
	table := *m.table.Load()
	if 2*(m.pages+1) > len(table) {
		larger := make([]atomic.Pointer[idPage], 2*len(table))
		for i := range table {
			if p := table[i].Load(); p != nil {
				put(larger, p)
			}
		}
		m.table.Store(&larger)
		table = larger
	}
	p := &idPage{number: number}
	put(table, p)
	m.pages++
	return p
}

func put(table []atomic.Pointer[idPage], p *idPage) {
	mask := uint64(len(table) - 1)
	for i := pageHash(p.number); ; i++ {
		if table[i&mask].Load() == nil {
			table[i&mask].Store(p)
			return
		}
	}
}

// Slot returns the slot of id, or None.
func (m *IDMap) Slot(id int64) uint32 {
	p := m.page(id / idPageSize)
	if p == nil || id < 0 {
		return None
	}
	return p.slot(id)
}

// Slots puts the slots of ids, those that have one, into out and returns their number.
func (m *IDMap) Slots(ids []int64, out []uint32) (n int) {
	var page *idPage // of the id before: they come in runs
	for _, id := range ids {
		if id < 1 {
			continue
		}
		if number := id / idPageSize; page == nil || page.number != number {
			if page = m.page(number); page == nil {
				continue
			}
		}
		if slot := page.slot(id); slot != None {
			out[n] = slot
			n++
		}
	}
	return n
}

// List yields the slots of all ids, or of the allowed ones, in ascending order of ids, as
// many at a time as fit into out.
func (m *IDMap) List(allow ports.IDSet, out []uint32, yield func([]uint32) bool) {
	n := 0
	for id, slot := range m.All() {
		if allow != nil && !allow.Contains(id) {
			continue
		}
		out[n] = slot
		if n++; n == len(out) {
			if !yield(out) {
				return
			}
			n = 0
		}
	}
	if n > 0 {
		yield(out[:n])
	}
}

// slot returns the slot of id, which is on p, or none.
func (p *idPage) slot(id int64) uint32 { return p.slots[id%idPageSize].Load() - 1 } // none is 0 - 1

// Swap maps id to slot, or to nothing if slot is None, and returns what it was mapped to.
func (m *IDMap) Swap(id int64, slot uint32) uint32 {
	if slot == None && m.page(id/idPageSize) == nil {
		return None
	}
	return m.makePage(id / idPageSize).slots[id%idPageSize].Swap(slot+1) - 1
}

// All yields every id with its slot, in ascending order of pages made so far.
func (m *IDMap) All() iter.Seq2[int64, uint32] {
	table := *m.table.Load()
	var pages []*idPage
	for i := range table {
		if p := table[i].Load(); p != nil {
			pages = append(pages, p)
		}
	}
	slices.SortFunc(pages, func(a, b *idPage) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	return func(yield func(int64, uint32) bool) {
		for _, p := range pages {
			for i := range p.slots {
				slot := p.slots[i].Load() - 1
				if slot != None && !yield(p.number*idPageSize+int64(i), slot) {
					return
				}
			}
		}
	}
}

// Bytes returns the memory the map takes.
func (m *IDMap) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(m.pages)*(8+4*idPageSize) + int64(len(*m.table.Load()))*8
}
