package graph

import (
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
)

// Graph holds the nodes of an index. Work on the whole makes a new one. It is safe for
// concurrent use: any number of goroutines walk, add and remove at a time.
type Graph struct {
	rows.Store

	Hosts    Hosts
	Outliers Outliers

	Live  atomic.Int64  // vectors a search can find
	Gone  atomic.Int64  // removed ones whose slots are not free yet
	Clock atomic.Uint32 // counts removals; a removal is seen by searches that begin later

	Replacing atomic.Int64 // vectors that are being put in the place of others

	Entry   atomic.Uint64 // slot<<8 | level+1; 0: the graph is empty; see EntryPoint
	Root    atomic.Uint32 // of the tree that holds all nodes; see package build
	Raising sync.Mutex    // held while a node above the entry's level is added

	review     atomic.Uint32 // the number of slots at which rows are looked at; see due.go
	Accuracy   Accuracy
	VacuumSoon atomic.Bool // nodes were removed that walks would end at

	stripes [1024]sync.Mutex // guard the writing of lists, by slot
}

// New returns an empty graph of such a shape.
func New(sh memory.Shape) *Graph {
	g := &Graph{}
	g.Init(sh)
	g.Root.Store(memory.None)
	g.PutOffReview()
	return g
}

// Lock locks the lists of slot for writing, and returns what the caller unlocks. No one locks
// two slots at a time: they may share a lock.
func (g *Graph) Lock(slot uint32) *sync.Mutex {
	mu := &g.stripes[slot%uint32(len(g.stripes))]
	mu.Lock()
	return mu
}

// EntryPoint returns the node where walks begin and the level that they begin on; ok is
// false if there is no node.
func (g *Graph) EntryPoint() (slot uint32, level int, ok bool) {
	e := g.Entry.Load()
	return uint32(e >> 8), int(e&0xff) - 1, e != 0
}

// SetEntryPoint makes slot, a node that is linked on level, the one where walks begin.
func (g *Graph) SetEntryPoint(slot uint32, level int) {
	g.Entry.Store(uint64(slot)<<8 | uint64(level+1))
}

// Rooted reports whether slot, which v covers, is in the tree.
func (g *Graph) Rooted(v *memory.View, slot uint32) bool {
	return slot == g.Root.Load() || v.Parent(slot) != memory.None
}

// HostAll fills the lists of copies, and of what is kept apart, which are empty, by what the
// slots of v say.
func (g *Graph) HostAll(v *memory.View) {
	for slot := range g.Used() {
		if host, near := v.HostOf(slot); host != memory.None {
			g.Hosts.Made(host).Add(slot, near)
		} else if v.IsOutlier(slot) {
			g.Outliers.add(v, slot)
		}
	}
}
