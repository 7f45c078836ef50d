package app

import (
	"time"

	"github.com/memista/memista/internal/ports"
)

// RuntimeStats describe the open databases at one moment, and what happened to them since
// the service was made.
type RuntimeStats struct {
	Open       int // databases in memory
	Opening    int // of which the rows or the index file are being read
	Rebuilding int // of which the index is being made anew beside the one in use
	Indexing   int // of which vectors are moving, or are to move, from the tail to the graph

	Tail  Part // of the open databases, compared one by one
	Graph Part // of the open databases, in their graphs

	Lag         int64         // changes that the graph which is furthest behind its rows lacks
	Unsaved     int64         // changes that the index file which is furthest behind its graph lacks
	SnapshotAge time.Duration // of the oldest index file that lacks any; 0: none does

	RowBytes int64 // memory for rows in the open databases

	OpenedFromFile uint64 // databases opened with the index in their file
	OpenedFromRows uint64 // databases opened by reading all rows
	Parked         uint64 // databases closed because they were idle or memory was short
	Abandoned      uint64 // indexes given up because they could not follow their rows

	Rebuilds, RebuildFaults   uint64 // indexes made anew beside the one in use
	Snapshots, SnapshotFaults uint64 // index files written

	Sweeps, SweepFaults uint64 // rounds that deleted what has expired, or could not
	Swept               uint64 // chunks deleted because they had expired

	Waits        int64         // inserts that had to wait for the indexer
	Waiting      int64         // inserts that do so now
	Waited       time.Duration // by all of them together
	WaitRefusals int64         // inserts that waited too long and were refused
}

// Part sums up the tails, or the graphs, of several databases.
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

// runtimeStats describes the open databases. It opens none.
func (s *Service) runtimeStats() RuntimeStats {
	n := &s.counts
	st := RuntimeStats{
		OpenedFromFile: n.fromFile.Load(), OpenedFromRows: n.fromRows.Load(),
		Parked: n.parked.Load(), Abandoned: n.abandoned.Load(),
		Rebuilds: n.rebuilds.Load(), RebuildFaults: n.rebuildFaults.Load(),
		Snapshots: n.snapshots.Load(), SnapshotFaults: n.snapshotFaults.Load(),
		Sweeps: n.sweeps.Load(), SweepFaults: n.sweepFaults.Load(), Swept: n.swept.Load(),
		Waits: n.waits.Load(), Waiting: n.waiting.Load(), WaitRefusals: n.waitRefusals.Load(),
		Waited: time.Duration(n.waited.Load()),
	}
	for _, db := range s.inMemory() {
		db.addTo(&st)
	}
	return st
}

// inMemory returns the databases that are open or being opened.
func (s *Service) inMemory() []*database {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*database, 0, len(s.open))
	for _, db := range s.open {
		list = append(list, db)
	}
	return list
}

// addTo adds what is to be said of d.
func (d *database) addTo(st *RuntimeStats) {
	select {
	case <-d.ready:
		st.Open++
	default:
		st.Opening++
	}
	if d.remade() {
		st.Rebuilding++
	}
	st.RowBytes += d.rows.Bytes()
	p, info := d.projection.Load(), d.info.Load()
	if p == nil || info == nil {
		return
	}
	p.addTo(st, info.Sequence)
}

// rebuilding returns how many indexes are being made from their rows.
func (s *Service) rebuilding() int {
	n := 0
	for _, db := range s.inMemory() {
		remade := db.remade()
		if p := db.projection.Load(); p != nil && !remade {
			remade = p.incomplete()
		}
		if remade {
			n++
		}
	}
	return n
}
