package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// snapshots is where and how graphs of an engine are kept in files; nil where they are
// not: in memory, with an engine or a repository that cannot.
type snapshots struct {
	engine ports.FileEngine
	log    ports.ChangeLog
	path   string
}

// snapshotsOf returns how graphs of database info are kept.
func (s *Service) snapshotsOf(info domain.Database) *snapshots {
	engine, ok := s.engineOf(info.Engine).(ports.FileEngine)
	log, remembers := s.repo.(ports.ChangeLog)
	if !ok || !remembers || s.dir == "" {
		return nil
	}
	return &snapshots{engine, log, filepath.Join(s.dir, domain.FileName(info.ID, engine.Extension()))}
}

// errNoSnapshot says that there is nothing to restore from, which is no fault.
var errNoSnapshot = errors.New("no usable snapshot")

// restore makes a projection of info from its file and the changes since. Any doubt about
// the file is an error, upon which the rows are projected.
func (s *Service) restore(ctx context.Context, info domain.Database) (*projection, error) {
	at := s.snapshotsOf(info)
	if at == nil {
		return nil, errNoSnapshot
	}
	ix, snap, err := at.engine.Open(at.path, graphSettings(info.Settings, info.Dims), info.Incarnation)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, errNoSnapshot
	}
	if err != nil {
		return nil, fmt.Errorf("index file of %q: %w", info.ID, err)
	}
	p, err := s.replay(ctx, at, info, ix, snap)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index file of %q: %w", info.ID, err), ix.Close())
	}
	return p, nil
}

// replay makes a projection of a graph as it was at snap and of what changed since. On
// error the graph is still the caller's.
func (s *Service) replay(ctx context.Context, at *snapshots, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot) (*projection, error) {
	since, err := at.log.ChangesSince(ctx, info, snap)
	if err != nil {
		return nil, err
	}
	since.Written = withMissing(since, snap.Missing)
	fresh := 0
	for _, gone := range [][]int64{since.Deleted, since.Written} {
		n, err := ix.Remove(gone)
		if err != nil {
			return nil, err
		}
		fresh += n
	}
	p, err := s.newProjection(info)
	if err != nil {
		return nil, err
	}
	if err := s.fillMissing(ctx, p, info, ix, snap, since, fresh); err != nil {
		return nil, errors.Join(err, p.flatIndex().Close())
	}
	return p, nil
}

// fillMissing makes ix, which has what did not change, the graph of p, and reads the rows
// that it lacks.
func (s *Service) fillMissing(ctx context.Context, p *projection, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot, since ports.Changes, fresh int) error {
	if err := p.restore(ix, info, snap, since, fresh); err != nil {
		return err
	}
	s.watch(info.ID, ix)
	for ids := since.Written; len(ids) > 0; {
		n := min(loadPage, len(ids))
		page, err := s.repo.Chunks(ctx, info, domain.Selection{IDs: ids[:n]}, domain.FieldEmbedding)
		if err == nil && len(page) > 0 {
			err = p.addMissing(page)
		}
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	p.restored(since)
	return nil
}

// forgetGraph removes the file of the graph that db had before p, which has none, and what
// the repository remembers for it: that would grow with every batch, and be read with the
// file when the database is opened.
func (s *Service) forgetGraph(ctx context.Context, db *database, p *projection) {
	unlock, err := s.graphs.Lock(ctx, db.id) // so none is begun meanwhile
	if err != nil {
		return
	}
	defer unlock()
	info := *db.info.Load()
	at := s.snapshotsOf(info)
	if s.sealed || at == nil || db.projection.Load() != p || p.hasGraph() || !db.follows(p) {
		return
	}
	s.discard(info)
	if err := at.log.ForgetChanges(ctx, info); err != nil {
		s.reportOf(db, err)
	}
}

// discard removes the index files of a database that was dropped or has no graph any more.
func (s *Service) discard(info domain.Database) {
	for _, e := range s.engines {
		if fe, ok := e.(ports.FileEngine); ok {
			err := fe.Remove(filepath.Join(s.dir, domain.FileName(info.ID, fe.Extension())))
			if err != nil && !errors.Is(err, domain.ErrForeignFile) {
				s.report(info.ID, err)
			}
		}
	}
}
