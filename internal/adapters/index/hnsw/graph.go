package hnsw

import (
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
)

// graph holds the nodes of an index. A compaction makes a new one.
type graph struct {
	rows.Store

	hosts    hosts // see copies.go
	outliers outliers

	live  atomic.Int64  // vectors a search can find
	gone  atomic.Int64  // removed ones whose slots are not free yet
	clock atomic.Uint32 // counts removals; a removal is seen by searches that begin later

	replacing atomic.Int64 // vectors that are being put in the place of others

	entry   atomic.Uint64 // slot<<8 | level+1; 0: the graph is empty
	root    atomic.Uint32 // of the tree that holds all nodes; see tree.go
	raising sync.Mutex    // held while a node above the entry's level is added

	review     atomic.Uint32 // the number of slots at which rows are looked at; see recode.go
	accuracy   accuracy
	vacuumSoon atomic.Bool // nodes were removed that walks would end at

	stripes [1024]sync.Mutex // guard the writing of lists, by slot
}

func newGraph(sh memory.Shape) *graph {
	g := &graph{}
	g.Init(sh)
	g.root.Store(memory.None)
	g.review.Store(firstReview)
	return g
}

// lock locks the lists of slot for writing.
func (g *graph) lock(slot uint32) *sync.Mutex {
	mu := &g.stripes[slot%uint32(len(g.stripes))]
	mu.Lock()
	return mu
}

// entryPoint returns the node where walks begin and its level.
func (g *graph) entryPoint() (slot uint32, level int, ok bool) {
	e := g.entry.Load()
	return uint32(e >> 8), int(e&0xff) - 1, e != 0
}

func (g *graph) setEntryPoint(slot uint32, level int) {
	g.entry.Store(uint64(slot)<<8 | uint64(level+1))
}
