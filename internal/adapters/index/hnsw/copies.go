package hnsw

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

// copies are those of one host. The lists only grow at their ends, in place, or are
// replaced: who has loaded one may go on reading it.
type copies struct {
	mu    sync.Mutex               // held to write
	equal atomic.Pointer[[]uint32] // slots whose vector is the host's to the last bit
	near  atomic.Pointer[[]uint32] // slots whose vector is not quite
}

// add appends slot to the equal ones or the near ones.
func (c *copies) add(slot uint32, near bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := &c.equal
	if near {
		list = &c.near
	}
	longer := append(slotsIn(list), slot)
	list.Store(&longer)
}

func slotsIn(list *atomic.Pointer[[]uint32]) []uint32 {
	if p := list.Load(); p != nil {
		return *p
	}
	return nil
}

// keepOnly drops the slots that keep refuses, and reports whether any is left.
func (c *copies) keepOnly(keep func(uint32) bool) bool {
	left := 0
	for _, list := range []*atomic.Pointer[[]uint32]{&c.equal, &c.near} {
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

// hosts finds the copies of a slot. Readers take no lock.
type hosts struct {
	mu    sync.Mutex // guards the making of pages and tables
	table atomic.Pointer[[]*hostPage]
}

type hostPage [simd.SlabRows]atomic.Pointer[copies]

// any reports whether there may be a copy.
func (h *hosts) any() bool { return h.table.Load() != nil }

// of returns the copies of slot, or nil.
func (h *hosts) of(slot uint32) *copies {
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

// made returns the copies of slot, which may be none yet.
func (h *hosts) made(slot uint32) *copies {
	if c := h.of(slot); c != nil {
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
	place.CompareAndSwap(nil, new(copies))
	return place.Load()
}

// drop forgets the copies of slot.
func (h *hosts) drop(slot uint32) {
	if h.of(slot) != nil {
		(*h.table.Load())[slot/simd.SlabRows][slot%simd.SlabRows].Store(nil)
	}
}

// each calls fn with every host.
func (h *hosts) each(fn func(host uint32, c *copies)) {
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

// bytes returns the memory that is taken for copies.
func (h *hosts) bytes() int64 {
	var n int64
	if p := h.table.Load(); p != nil {
		for _, page := range *p {
			if page != nil {
				n += 8 * simd.SlabRows
			}
		}
	}
	h.each(func(_ uint32, c *copies) {
		n += int64(64 + 4*cap(slotsIn(&c.equal)) + 4*cap(slotsIn(&c.near)))
	})
	return n
}

// join makes slot a copy of host.
func (g *graph) join(v *memory.View, slot, host uint32, near bool) {
	v.SetHost(slot, host, near)
	g.hosts.made(host).add(slot, near)
}

// hostAmong returns the node among the first entries whose copy vec would be, or none. It
// looks beyond the nearest one only where the nearest is one: codes may take another one
// for that, and an equal one is the better host. What is
// left of vec is in w.rest.
func (w *searcher) hostAmong(entries []uint64, vec []float32) (host uint32, near bool) {
	const most = 4
	host = memory.None
	for _, e := range entries[:min(len(entries), most)] {
		slot := entrySlot(e)
		if w.v.IsDeleted(slot) {
			continue
		}
		d := simd.L2(vec, w.g.Floats(w.v, slot))
		if d == 0 {
			return slot, false
		}
		if host == memory.None {
			if d > w.g.Resolution(vec, w.rest[:w.g.Dims]) {
				return memory.None, false
			}
			host, near = slot, true
		}
	}
	return host, near
}

// hostAll fills the lists of copies, and of what is kept apart, by what the slots say.
func (g *graph) hostAll(v *memory.View) {
	for slot := range g.Used() {
		if host, near := v.HostOf(slot); host != memory.None {
			g.hosts.made(host).add(slot, near)
		} else if v.IsOutlier(slot) {
			g.outliers.add(v, slot)
		}
	}
}
