package graph

import (
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// A vector that its rows cannot tell from that of a node is no node of its own but a copy
// of that one, its host: it has no links, and a search that keeps the host looks at the
// copies. As nodes, many of them would fill the lists of neighbors and what a walk keeps,
// and nothing beyond them would be found.

// Copies are those of one host. The lists only grow at their ends, in place, or are
// replaced: who has loaded one may go on reading it.
type Copies struct {
	mu     sync.Mutex // held to write
	equals atomic.Pointer[[]uint32]
	nears  atomic.Pointer[[]uint32]
}

// Add appends slot to the equal ones or the near ones. It does not change what slot says.
func (c *Copies) Add(slot uint32, near bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := &c.equals
	if near {
		list = &c.nears
	}
	longer := append(slotsIn(list), slot)
	list.Store(&longer)
}

// Equal returns the slots whose vector is the host's to the last bit. The caller does not
// change it.
func (c *Copies) Equal() []uint32 { return slotsIn(&c.equals) }

// Near returns the slots whose vector is not quite the host's. The caller does not change it.
func (c *Copies) Near() []uint32 { return slotsIn(&c.nears) }

func slotsIn(list *atomic.Pointer[[]uint32]) []uint32 {
	if p := list.Load(); p != nil {
		return *p
	}
	return nil
}

// KeepOnly drops the slots that keep refuses, and reports whether any is left. No one adds
// meanwhile.
func (c *Copies) KeepOnly(keep func(uint32) bool) bool {
	left := 0
	for _, list := range []*atomic.Pointer[[]uint32]{&c.equals, &c.nears} {
		var kept []uint32
		for _, slot := range slotsIn(list) {
			if keep(slot) {
				kept = append(kept, slot)
			}
		}
		list.Store(&kept)
		left += len(kept)
	}
	return left > 0
}

// Hosts finds the copies of a slot. Readers take no lock. The zero value has none.
type Hosts struct {
	mu    sync.Mutex // guards the making of pages and tables
	table atomic.Pointer[[]*hostPage]
}

type hostPage [simd.SlabRows]atomic.Pointer[Copies]

// Any reports whether there may be a copy.
func (h *Hosts) Any() bool { return h.table.Load() != nil }

// Of returns the copies of slot, or nil.
func (h *Hosts) Of(slot uint32) *Copies {
	p := h.table.Load()
	if p == nil || int(slot/simd.SlabRows) >= len(*p) {
		return nil
	}
	page := (*p)[slot/simd.SlabRows]
	if page == nil {
		return nil
	}
	return page[slot%simd.SlabRows].Load()
}

// Made returns the copies of slot, to add to them; it makes them if there were none.
func (h *Hosts) Made(slot uint32) *Copies {
	if c := h.Of(slot); c != nil {
		return c
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var table []*hostPage
	if p := h.table.Load(); p != nil {
		table = *p
	}
	if i := int(slot / simd.SlabRows); i >= len(table) || table[i] == nil {
		larger := make([]*hostPage, max(len(table), i+1))
		copy(larger, table)
		larger[i] = new(hostPage)
		h.table.Store(&larger)
		table = larger
	}
	place := &table[slot/simd.SlabRows][slot%simd.SlabRows]
	place.CompareAndSwap(nil, new(Copies))
	return place.Load()
}

// Drop forgets the copies of slot.
func (h *Hosts) Drop(slot uint32) {
	if h.Of(slot) != nil {
		(*h.table.Load())[slot/simd.SlabRows][slot%simd.SlabRows].Store(nil)
	}
}

// Each calls fn with every host; fn may drop it.
func (h *Hosts) Each(fn func(host uint32, c *Copies)) {
	p := h.table.Load()
	if p == nil {
		return
	}
	for i, page := range *p {
		if page == nil {
			continue
		}
		for j := range page {
			if c := page[j].Load(); c != nil {
				fn(uint32(i)*simd.SlabRows+uint32(j), c)
			}
		}
	}
}

// Bytes returns the memory that is taken for copies.
func (h *Hosts) Bytes() int64 {
	var n int64
	if p := h.table.Load(); p != nil {
		for _, page := range *p {
			if page != nil {
				n += 8 * simd.SlabRows
			}
		}
	}
	h.Each(func(_ uint32, c *Copies) {
		n += int64(64 + 4*cap(c.Equal()) + 4*cap(c.Near()))
	})
	return n
}

// Join makes slot, which v covers, a copy of host: a near one if its vector is not quite the
// same.
func (g *Graph) Join(v *memory.View, slot, host uint32, near bool) {
	v.SetHost(slot, host, near)
	g.Hosts.Made(host).Add(slot, near)
}
