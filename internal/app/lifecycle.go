package app

import (
	"context"
	"time"
)

// Lifecycle says how long databases stay open and how much memory they may take
// together. Zero values mean: open until Close, no bound.
type Lifecycle struct {
	IdleClose    time.Duration // a database that nobody has used for so long is closed
	MemoryBudget int64         // bytes of vectors and graphs, over which the least recently used are closed
	CloseTime    time.Duration // how long Close may take to save graphs; 0: 20 s
}

// tendEvery is how often idle databases are looked for, and graphs that are to be saved
// because of the time.
const tendEvery = time.Second

// tend closes idle databases and saves graphs whose time has come, until ctx ends.
func (s *Service) tend(ctx context.Context) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, db := range s.opened() {
			if s.life.IdleClose > 0 && db.idleFor() >= s.life.IdleClose && !db.remade() && !db.indexing() {
				s.park(ctx, db)
				continue
			}
			if p := db.projection.Load(); p != nil {
				s.saveIfDue(ctx, db, p)
			}
		}
		s.makeRoom(ctx, nil)
	}
}

// opened returns the databases that are open and done with loading.
func (s *Service) opened() []*database {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*database, 0, len(s.open))
	for _, db := range s.open {
		select {
		case <-db.ready:
			list = append(list, db)
		default:
		}
	}
	return list
}

// indexing reports whether vectors of d are on their way to its graph.
func (d *database) indexing() bool {
	p := d.projection.Load()
	return p != nil && p.indexing()
}

// makeRoom closes the least recently used databases, but for keep and for those whose index
// is being made anew, as long as all that are open need more memory than the budget.
func (s *Service) makeRoom(ctx context.Context, keep *database) {
	if s.life.MemoryBudget <= 0 {
		return
	}
	s.evicting.Lock()
	defer s.evicting.Unlock()
	for ctx.Err() == nil {
		var total int64
		var oldest *database
		for _, db := range s.opened() {
			total += db.bytes()
			if db != keep && (oldest == nil || db.used.Load() < oldest.used.Load()) && !db.remade() {
				oldest = db
			}
		}
		if total <= s.life.MemoryBudget || oldest == nil {
			return
		}
		s.park(ctx, oldest)
	}
}

// park saves what the file of db has not, if it is worth keeping, and takes db out of use;
// the next call that needs it opens it again. It waits for a turn of its indexer at most:
// what the graph does not have by then is indexed when it is open again.
func (s *Service) park(ctx context.Context, db *database) {
	if p := db.projection.Load(); p != nil && p.worthKeeping() {
		if err := s.save(ctx, db, p); err != nil {
			s.reportOf(db, err)
		}
	}
	s.forget(db)
	s.retire(db)
	s.counts.parked.Add(1)
}

// touch notes that db is being used.
func (d *database) touch() { d.used.Store(int64(time.Since(start))) }

func (d *database) idleFor() time.Duration { return time.Since(start) - time.Duration(d.used.Load()) }

// filterShare is which part of the memory budget the postings of one database may take.
const filterShare = 4

// maxRowBytes is how much memory the rows of one database may take that were found lately,
// and rowShare which part of the memory budget at most.
const (
	maxRowBytes = 8 << 20
	rowShare    = 32
)

// rowBytes is how much memory the rows of one database may take that were found lately.
func (l Lifecycle) rowBytes() int64 {
	if l.MemoryBudget <= 0 {
		return maxRowBytes
	}
	return min(maxRowBytes, l.MemoryBudget/rowShare)
}

// bytes is the memory that the vectors, the graph, the postings and the rows of db take.
func (d *database) bytes() int64 {
	n := d.filters.Bytes() + d.rows.Bytes()
	p := d.projection.Load()
	if p == nil {
		return n
	}
	return n + p.bytes()
}
