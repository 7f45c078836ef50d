package live

import (
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// RuntimeStats describe the open databases at one moment, and what happened to them since
// the service was made.
type RuntimeStats struct {
	Open       int // databases in memory
	Opening    int // of which the rows or the index file are being read
	Rebuilding int // of which the index is being built again beside the one in use
	Indexing   int // of which vectors are moving, or are to move, from the buffer to the graph

	Tail  Part // of the open databases, compared one by one
	Graph Part // of the open databases, in their graphs

	Lag         int64         // changes that the graph which is furthest behind its rows lacks
	Unsaved     int64         // changes that the index file which is furthest behind its graph lacks
	SnapshotAge time.Duration // of the oldest index file that lacks any; 0: none does

	RowBytes int64 // memory for rows in the open databases

	OpenedFromFile uint64 // databases opened with the index in their file
	OpenedFromRows uint64 // databases opened by reading all rows
	Parked         uint64 // databases closed because they were idle or memory was short
	Abandoned      uint64 // indexes abandoned because they could not follow their rows

	Rebuilds, RebuildFaults   uint64 // indexes built again beside the one in use
	Snapshots, SnapshotFaults uint64 // index files written

	Sweeps, SweepFaults uint64 // rounds that deleted what has expired, or could not
	Swept               uint64 // chunks deleted because they had expired

	Waits        int64         // inserts that had to wait for the indexer
	Waiting      int64         // inserts that do so now
	Waited       time.Duration // by all of them together
	WaitRefusals int64         // inserts that waited too long and were refused
}

// Part sums up the buffers, or the graphs, of several databases.
type Part struct {
	Vectors int
	Dead    int   // removed entries that still take room
	Bytes   int64 // of memory, mapped files excluded
	Mapped  int64 // bytes of mapped files
}

func (p *Part) add(st ports.IndexStats) {
	p.Vectors += st.Len
	p.Dead += st.Dead
	p.Bytes += st.Bytes
	p.Mapped += st.Mapped
}

// Stats describes the open databases. It opens none.
func (r *Registry) Stats() RuntimeStats {
	n := &r.counts
	st := RuntimeStats{
		OpenedFromFile: n.fromFile.Load(), OpenedFromRows: n.fromRows.Load(),
		Parked: n.unloaded.Load(), Abandoned: n.abandoned.Load(),
		Rebuilds: n.rebuilds.Load(), RebuildFaults: n.rebuildFaults.Load(),
		Snapshots: n.snapshots.Load(), SnapshotFaults: n.snapshotFaults.Load(),
		Sweeps: r.sweeper.Rounds.Load(), SweepFaults: r.sweeper.Faults.Load(), Swept: r.sweeper.Swept.Load(),
		Waits: n.waits.Load(), Waiting: n.waiting.Load(), WaitRefusals: n.waitRefusals.Load(),
		Waited: time.Duration(n.waited.Load()),
	}
	for _, db := range r.inMemory() {
		db.addTo(&st)
	}
	return st
}

// inMemory returns the databases that are open or being opened.
func (r *Registry) inMemory() []*Database {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*Database, 0, len(r.open))
	for _, db := range r.open {
		list = append(list, db)
	}
	return list
}

// addTo adds what is to be said of d.
func (d *Database) addTo(st *RuntimeStats) {
	select {
	case <-d.ready:
		st.Open++
	default:
		st.Opening++
	}
	if d.rebuilding() {
		st.Rebuilding++
	}
	st.RowBytes += d.rows.Bytes()
	p, info := d.index.Load(), d.info.Load()
	if p == nil || info == nil {
		return
	}
	now := p.State(info.Sequence)
	st.Tail.add(now.Tail)
	if !now.HasGraph {
		return
	}
	st.Graph.add(now.Graph)
	if now.Indexing {
		st.Indexing++
	}
	st.Lag = max(st.Lag, now.Lag)
	st.Unsaved = max(st.Unsaved, now.Unsaved)
	st.SnapshotAge = max(st.SnapshotAge, now.SavedSince)
}

// Rebuilding returns how many indexes are being made from their rows.
func (r *Registry) Rebuilding() int {
	n := 0
	for _, db := range r.inMemory() {
		remade := db.rebuilding()
		if p := db.index.Load(); p != nil && !remade {
			remade = p.Incomplete()
		}
		if remade {
			n++
		}
	}
	return n
}

// counts are what happened to open databases since the registry was made; anybody counts.
type counts struct {
	fromFile, fromRows           atomic.Uint64
	unloaded                     atomic.Uint64
	rebuilds, rebuildFaults      atomic.Uint64
	snapshots, snapshotFaults    atomic.Uint64
	abandoned                    atomic.Uint64
	waits, waitRefusals, waiting atomic.Int64
	waited                       atomic.Int64 // nanoseconds
}

// beginWait counts an insert that has to wait for room; end is to be called when it no
// longer does.
func (n *counts) beginWait() (end func()) {
	began := time.Now()
	n.waits.Add(1)
	n.waiting.Add(1)
	return func() {
		n.waiting.Add(-1)
		n.waited.Add(int64(time.Since(began)))
	}
}

// count adds one to good, or where err says so to bad.
func count(good, bad *atomic.Uint64, err error) {
	if err != nil {
		bad.Add(1)
		return
	}
	good.Add(1)
}

// IndexInfo describes the index of a database.
type IndexInfo struct {
	Open  bool             // it is in memory
	Plan  domain.Plan      // how an unfiltered search would be answered
	Tail  ports.IndexStats // vectors compared one by one; zero while not open
	Graph ports.IndexStats // vectors in the graph; zero while there is none
	// Searched is the last change that searches know of, Indexed the one up to which all
	// are in the graph, and Saved the one up to which its file has them; 0 where there is
	// no such thing in memory.
	Searched, Indexed, Saved int64
	Indexing                 bool  // vectors are on their way to the graph
	IndexFile                int64 // bytes of the file of the graph; 0: there is none
}

// IndexInfo describes the index of d, without opening it.
func (r *Registry) IndexInfo(d domain.Database) IndexInfo {
	info := IndexInfo{Plan: domain.PlanFlat}
	if r.engines.Outgrown(d.Engine, d.Dims, d.Chunks) {
		info.Plan = domain.PlanGraph
	}
	if at := r.files.Of(d); at != nil {
		info.IndexFile = at.Size()
	}
	db := r.Lookup(d.ID)
	if db == nil {
		return info
	}
	if p := db.index.Load(); p != nil {
		info.Open, info.Plan, info.Tail = true, domain.PlanFlat, p.Buffer().Stats()
		info.Searched, info.Indexing = db.info.Load().Sequence, p.Indexing()
		if g := p.Graph(); g != nil {
			info.Plan, info.Graph = domain.PlanGraph, g.Stats()
			info.Indexed, info.Saved = p.Positions()
		}
	}
	return info
}
