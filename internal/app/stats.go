package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Stats describes a service at one moment, for those who watch over it. All that is
// counted is counted since the service was made.
type Stats struct {
	Databases int64 // that exist
	Chunks    int64 // in all of them

	Open       int // databases in memory
	Opening    int // of which the rows or the index file are being read
	Rebuilding int // of which the index is being made anew beside the one in use
	Indexing   int // of which vectors are moving, or are to move, from the tail to the graph

	Tail  Part // of the open databases, compared one by one
	Graph Part // of the open databases, in their graphs

	Lag         int64         // changes that the graph which is furthest behind its rows lacks
	Unsaved     int64         // changes that the index file which is furthest behind its graph lacks
	SnapshotAge time.Duration // of the oldest index file that lacks any; 0: none does

	Queries   map[domain.Plan]uint64 // answered, by how
	Visited   uint64                 // nodes of graphs whose links were followed
	Distances uint64                 // distances computed
	Repeats   uint64                 // searches done again because their rows had changed meanwhile

	RowsKept uint64 // rows of hits that were in memory
	RowsRead uint64 // rows of hits that were read from the repository
	RowBytes int64  // memory for rows in the open databases

	OpenedFromFile uint64 // databases opened with the index in their file
	OpenedFromRows uint64 // databases opened by reading all rows
	Parked         uint64 // databases closed because they were idle or memory was short
	Abandoned      uint64 // indexes given up because they could not follow their rows

	Rebuilds, RebuildFaults   uint64 // indexes made anew beside the one in use
	Snapshots, SnapshotFaults uint64 // index files written

	JobsRunning int                 // jobs under way
	JobsEnded   map[JobState]uint64 // and those that have ended, by how

	Sweeps, SweepFaults uint64 // rounds that deleted what has expired, or could not
	Swept               uint64 // chunks deleted because they had expired

	Backups, BackupFaults uint64    // copies of all databases made, and those that failed
	LastBackup            time.Time // when the last of them was done; zero: none was
	LastBackupBytes       int64

	Waits        int64         // inserts that had to wait for the indexer
	Waiting      int64         // inserts that do so now
	Waited       time.Duration // by all of them together
	WaitRefusals int64         // inserts that waited too long and were refused

	Repository *RepositoryStats // nil: it tells nothing
}

// RepositoryStats is what a repository tells of itself.
type RepositoryStats = ports.RepositoryStats

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

// Stats describes the service. It opens no database.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	leave, err := s.enter()
	if err != nil {
		return Stats{}, err
	}
	defer leave()
	var st Stats
	if st.Databases, st.Chunks, err = s.totals(ctx); err != nil {
		return Stats{}, err
	}
	s.addCounts(&st)
	for _, db := range s.inMemory() {
		db.addTo(&st)
	}
	if m, ok := s.repo.(ports.Meter); ok {
		figures := m.Stats()
		st.Repository = &figures
	}
	return st, nil
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

// totals counts databases and chunks.
func (s *Service) totals(ctx context.Context) (databases, chunks int64, err error) {
	if m, ok := s.repo.(ports.Meter); ok {
		return m.Totals(ctx)
	}
	list, err := s.repo.List(ctx)
	for _, d := range list {
		chunks += d.Chunks
	}
	return int64(len(list)), chunks, err
}

func (s *Service) addCounts(st *Stats) {
	n := &s.counts
	st.Queries = make(map[domain.Plan]uint64, len(plans))
	for i, plan := range plans {
		st.Queries[plan] = n.queries[i].Load()
	}
	st.Visited, st.Distances, st.Repeats = n.visited.Load(), n.distances.Load(), n.repeats.Load()
	st.RowsKept, st.RowsRead = n.rowsKept.Load(), n.rowsRead.Load()
	st.OpenedFromFile, st.OpenedFromRows = n.fromFile.Load(), n.fromRows.Load()
	st.Parked, st.Abandoned = n.parked.Load(), n.abandoned.Load()
	st.Rebuilds, st.RebuildFaults = n.rebuilds.Load(), n.rebuildFaults.Load()
	st.Snapshots, st.SnapshotFaults = n.snapshots.Load(), n.snapshotFaults.Load()
	st.Waits, st.Waiting, st.WaitRefusals = n.waits.Load(), n.waiting.Load(), n.waitRefusals.Load()
	st.Waited = time.Duration(n.waited.Load())
	st.JobsRunning, st.JobsEnded = s.jobs.figures()
	st.Sweeps, st.SweepFaults, st.Swept = n.sweeps.Load(), n.sweepFaults.Load(), n.swept.Load()
	st.Backups, st.BackupFaults, st.LastBackupBytes = n.backups.Load(), n.backupFaults.Load(), n.backupBytes.Load()
	if at := n.backupAt.Load(); at != 0 {
		st.LastBackup = time.UnixMilli(at).UTC()
	}
}

// addTo adds what is to be said of d.
func (d *database) addTo(st *Stats) {
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
	st.Tail.add(p.tail.Stats())
	g := p.graph.Load()
	if g == nil {
		return
	}
	st.Graph.add(g.Stats())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy {
		st.Indexing++
	}
	st.Lag = max(st.Lag, min(info.Sequence-p.indexed.Sequence, int64(p.remaining())))
	if p.fresh > 0 {
		st.Unsaved = max(st.Unsaved, p.fresh)
		st.SnapshotAge = max(st.SnapshotAge, time.Since(p.keptAt))
	}
}
