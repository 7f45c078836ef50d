package app

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/domain"
)

// follower brings a projection from the rows it was made of to those of now: commits
// wait while it reads the rows, and go to the projection directly once it has caught up.
type follower struct {
	p     *projection // nil until the dimension is known; set under database.mu
	since int64       // the changes up to it were in the rows that p was made of
	// set are the settings that p is made for, where they are not those of the database.
	set *domain.Settings

	pending []change // guarded by database.mu
	caught  bool     // guarded by database.mu
	broken  error    // why p, which was being made, could not follow; guarded by database.mu
}

// follow hands ch to the projections of db, or keeps it for those that are still being
// made. Calls for one repository never overlap.
func (s *Service) follow(db *database, ch change) error {
	db.following.Lock() // all of them have ch before one takes the place of another
	defer db.following.Unlock()
	var ready []*follower
	db.mu.Lock()
	if db.gone {
		db.mu.Unlock()
		return nil
	}
	for _, f := range []*follower{db.current, db.next} {
		switch {
		case f == nil || f.broken != nil:
		case f.caught:
			ready = append(ready, f)
		default:
			f.pending = append(f.pending, ch.owned())
		}
	}
	db.mu.Unlock()
	for _, f := range ready {
		err := s.apply(db, f, ch)
		switch {
		case err == nil || !db.follows(f.p):
		case db.broke(f, err): // whoever makes it learns of it; the one that is searched is good
		default:
			return err
		}
	}
	return nil
}

// broke notes that f could not follow, if it is not the one that is searched.
func (d *database) broke(f *follower, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f == d.current {
		return false
	}
	f.broken = err
	return true
}

// follows reports whether p is still searched, or being made to be.
func (d *database) follows(p *projection) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.gone && (d.current.p == p || d.next != nil && d.next.p == p)
}

// catchUp applies to f what was committed while it was being made. From its end on,
// commits go to the projection directly.
func (s *Service) catchUp(db *database, f *follower) error {
	for {
		db.mu.Lock()
		if db.gone {
			defer db.mu.Unlock()
			return db.err
		}
		todo := f.pending
		f.pending = nil
		f.caught = len(todo) == 0
		db.mu.Unlock()
		if len(todo) == 0 {
			return nil
		}
		for _, ch := range todo {
			if err := s.apply(db, f, ch); err != nil {
				return err
			}
		}
	}
}

// apply changes the projection of f as ch says. Calls for one follower never overlap:
// they come from whoever makes it, then from the repository's writer.
func (s *Service) apply(db *database, f *follower, ch change) error {
	d := ch.commit.Database
	if !db.info.Load().SameLife(d) {
		return nil // of a life that ended before, or began after, the one in db
	}
	if d.Sequence <= f.since {
		// It was durable before the rows were read, and so may have been others after it. A
		// projection that was made beside another may be the first to have it: whoever waits
		// for it is told now.
		db.advance(f, d)
		return nil
	}
	if err := f.check(ch); err != nil {
		return err
	}
	if f.p == nil && d.Dims > 0 {
		p, err := s.newProjection(f.settled(d))
		if err != nil {
			return err
		}
		db.mu.Lock()
		f.p = p
		db.mu.Unlock()
	}
	if f.p != nil {
		if err := f.p.apply(ch); err != nil {
			return err
		}
	}
	db.advance(f, d)
	if f.p != nil {
		s.index(db, f.p)
		s.shrink(db, f.p)
	}
	return nil
}

// advance notes that f has all changes up to d, and tells those who wait for it if f is
// the one that is searched.
func (d *database) advance(f *follower, to domain.Database) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f != d.current {
		return
	}
	d.projection.Store(f.p)
	if to.Sequence > d.info.Load().Sequence {
		d.info.Store(&to)
	}
	d.signal()
}

// write stores a batch and tells the runtime of its database, if it is open.
func (s *Service) write(ctx context.Context, b domain.Batch) (domain.Commit, error) {
	db := s.lookup(b.Database)
	if db != nil {
		db.calm.RLock()
		defer db.calm.RUnlock()
	}
	return s.repo.Write(ctx, b, func(c domain.Commit) { s.committed(b, c) })
}

// committed hands a commit to the runtime of its database, if it is open. The
// repository calls it in the order of the commits, one at a time, before the writer of
// the batch is told, so an acknowledged chunk is found by every search that starts
// afterwards.
func (s *Service) committed(b domain.Batch, c domain.Commit) {
	db := s.lookup(c.Database.ID)
	if db == nil {
		return
	}
	// The order matters. The rows in memory are never older than what leads to them. The
	// postings go before the projection: whoever sees the sequence of this commit, which
	// that tells at its end, finds it in them.
	db.rows.Apply(c)
	db.filterChange(b, c)
	if err := s.follow(db, changeOf(b, c)); err != nil {
		s.giveUp(db, err)
	}
}

// dropped takes the runtime of a dropped database out of use. Calls on it look the name
// up again and find that it is gone, or what has taken its place.
func (s *Service) dropped(d domain.Database) {
	db := s.take(d.ID)
	if db != nil {
		s.retire(db)
	}
	if s.dir != "" {
		s.background(func(ctx context.Context) {
			unlock, err := s.graphs.Lock(context.WithoutCancel(ctx), d.ID) // after a save that is under way
			if err != nil {
				return
			}
			defer unlock()
			s.discard(d)
		})
	}
}

// giveUp takes a runtime out of use whose projection could not follow the rows, and
// reports why. The rows are the truth: the next use projects them anew.
func (s *Service) giveUp(db *database, why error) {
	s.counts.abandoned.Add(1)
	s.report(db.id, why)
	s.forget(db)
	s.retire(db)
}

// reportOf reports what went wrong behind the scenes of db. That db was dropped or parked
// meanwhile, or the service is being closed, is nothing that went wrong.
func (s *Service) reportOf(db *database, err error) {
	db.mu.Lock()
	gone := db.gone
	db.mu.Unlock()
	if !gone && s.ctx.Err() == nil {
		s.report(db.id, err)
	}
}

// retire ends db and closes its projections without making the caller, who may be the
// repository's writer, wait for the searches on them.
func (s *Service) retire(db *database) {
	db.end(errGone)
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		<-db.ready
		if err := db.close(); err != nil && !errors.Is(err, domain.ErrClosed) {
			s.report(db.id, err)
		}
	}()
}

// filterChange tells the postings of db of a commit.
func (d *database) filterChange(b domain.Batch, c domain.Commit) {
	if !d.filters.Active() {
		return
	}
	if info := d.info.Load(); !info.SameLife(c.Database) || c.Database.Sequence <= info.Sequence {
		return // see Service.apply
	}
	written := make([]domain.Chunk, 0, len(c.IDs))
	for i, id := range c.IDs {
		if c.Written == nil || c.Written[i] {
			chunk := b.Put[i]
			chunk.ID, chunk.Embedding = id, nil
			written = append(written, chunk)
		}
	}
	d.filters.Apply(written, c.Deleted)
}
