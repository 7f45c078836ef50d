package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/app/postings"
	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// loadPage is how many rows are read in one short transaction while rows are projected:
// enough to spread the cost of a statement, few enough to keep the write-ahead log small.
const loadPage = 2048

// acquire returns the runtime of database id, opening it if need be, and whether it was
// being opened, or open, before. It may still be loading: described and wait tell. An
// unknown database is found out by those.
func (s *Service) acquire(id string) (db *database, joined bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if db, ok := s.open[id]; ok {
		db.touch()
		return db, true
	}
	db = &database{id: id, found: make(chan struct{}), ready: make(chan struct{}), current: &follower{}}
	db.filters = postings.New(s.life.MemoryBudget / filterShare)
	db.rows = rowcache.New(s.life.rowBytes())
	db.touch()
	// It is registered before its rows are read, so that no commit falls between: what
	// is committed from here on waits in pending.
	s.open[id] = db
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		s.load(db)
	}()
	return db, false
}

// with calls fn with the runtime of database id, and again with a new one as long as the
// one it had was taken out of use meanwhile (dropped, parked, or given up). A runtime that
// was being opened before the call may have looked for the database before it was made,
// so that it is unknown is only believed of one that was opened since.
func (s *Service) with(ctx context.Context, id string, fn func(*database) error) error {
	for first := true; ; first = false {
		db, joined := s.acquire(id)
		err := fn(db)
		gone := db.failure()
		stale := first && joined && errors.Is(gone, domain.ErrNotFound)
		if err == nil || !stale && !errors.Is(gone, errGone) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// forget takes db out of the registry, so that the next acquire opens it anew.
func (s *Service) forget(db *database) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[db.id] == db {
		delete(s.open, db.id)
	}
}

// load describes db, projects its rows and lets the projection follow the commits.
func (s *Service) load(db *database) {
	err := s.fill(s.ctx, db)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("memista: %w", domain.ErrClosed)
		}
		s.forget(db)
		db.end(err) // before it is closed, which would be the reason otherwise
		if err := db.close(); err != nil {
			s.report(db.id, err)
		}
	}
	select {
	case <-db.found:
	default:
		close(db.found)
	}
	close(db.ready)
	if err == nil {
		s.makeRoom(s.ctx, db)
	}
}

func (s *Service) fill(ctx context.Context, db *database) error {
	info, err := s.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	db.info.Store(&info)
	close(db.found)
	if err := s.fillFrom(ctx, db, db.current, info, s.restoreOrProject); err != nil {
		return fmt.Errorf("open database %q: %w", db.id, err)
	}
	if p := db.projection.Load(); p != nil {
		s.index(db, p)
	}
	return nil
}

// fillFrom makes the projection of f by calling project, and catches up with what is
// committed meanwhile.
func (s *Service) fillFrom(ctx context.Context, db *database, f *follower, info domain.Database, project makeProjection) error {
	f.since = info.Sequence
	if info.Dims > 0 {
		p, err := project(ctx, info)
		if err != nil {
			return err
		}
		db.mu.Lock()
		f.p = p
		db.mu.Unlock()
		db.advance(f, info)
	}
	return s.catchUp(db, f)
}

// makeProjection makes a projection that has at least the changes of info.
type makeProjection func(ctx context.Context, info domain.Database) (*projection, error)

// restoreOrProject makes a projection from the index file, or else from the rows.
func (s *Service) restoreOrProject(ctx context.Context, info domain.Database) (*projection, error) {
	p, err := s.restore(ctx, info)
	if err == nil {
		s.counts.fromFile.Add(1)
		return p, nil
	}
	if !errors.Is(err, errNoSnapshot) && ctx.Err() == nil {
		s.report(info.ID, err) // it costs time, nothing else: the rows are the truth
	}
	s.counts.fromRows.Add(1)
	return s.project(ctx, info)
}

// newProjection returns an empty projection for info.
func (s *Service) newProjection(info domain.Database) (*projection, error) {
	tail, err := s.flat.New(ports.IndexSettings{Metric: info.Metric, Dims: info.Dims})
	if err != nil {
		return nil, err
	}
	return newTiered(info, tail, s.now), nil
}

// project makes a projection of info's rows. Rows that change meanwhile may be seen
// before or after the change: the commits in pending, applied in order, bring all to one
// state.
func (s *Service) project(ctx context.Context, info domain.Database) (*projection, error) {
	return s.projectTold(ctx, info, new(progress))
}

// projectTold is project, and tells how many rows are read.
func (s *Service) projectTold(ctx context.Context, info domain.Database, told *progress) (*projection, error) {
	p, err := s.newProjection(info)
	if err != nil {
		return nil, err
	}
	var after int64
	for {
		page, err := s.repo.Chunks(ctx, info, domain.Selection{After: after, Limit: loadPage}, domain.FieldEmbedding)
		if err == nil && len(page) > 0 {
			if told.strict {
				err = checkPage(info.Metric, page)
			}
			if err == nil {
				err = p.add(page)
			}
			told.rows.Add(int64(len(page)))
		}
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		if len(page) < loadPage {
			p.needsGraph(s.engineOf(info.Engine) != nil && s.outgrown(p))
			return p, nil
		}
		after = page[len(page)-1].ID
	}
}

// lookup returns the runtime of database id if it is open or being opened, else nil.
func (s *Service) lookup(id string) *database {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

// take takes the runtime of database id out of the registry and returns it, or nil.
func (s *Service) take(id string) *database {
	s.mu.Lock()
	defer s.mu.Unlock()
	db := s.open[id]
	delete(s.open, id)
	return db
}
