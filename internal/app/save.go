package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// remember makes the repository keep the changes of info, so that the graph that is about
// to be made can be saved, and returns from which sequence on it does. Without it (a full
// disk, say) the graph is good all the same.
func (s *Service) remember(ctx context.Context, info domain.Database) (since int64, err error) {
	at := s.snapshotsOf(info)
	if at == nil || s.sealed {
		return 0, nil
	}
	now, err := at.log.KeepChanges(ctx, info, 0)
	return now.Sequence, err
}

// saveIfDue saves the graph of db if it is worth it, and reports what goes wrong.
func (s *Service) saveIfDue(ctx context.Context, db *database, p *projection) {
	if s.sealed || !p.worthSaving() {
		return
	}
	if err := s.save(ctx, db, p); err != nil && ctx.Err() == nil {
		s.reportOf(db, err)
	}
}

// save writes the graph of db to its file, with what it has. It waits for no more than a
// turn of the indexer of db, which does not go on until the graph is written; what leaves
// the graph meanwhile is in limbo until then. A database that was taken out of use is not
// saved: its file may be another's by now.
func (s *Service) save(ctx context.Context, db *database, p *projection) error {
	unlock, err := s.graphs.Lock(ctx, db.id)
	if err != nil {
		return err
	}
	defer unlock()
	at := s.snapshotsOf(*db.info.Load())
	g := p.graphIndex()
	if s.sealed || at == nil || g == nil || db.projection.Load() != p || !db.follows(p) {
		return nil
	}
	saver, ok := g.(ports.Saver)
	if !ok {
		return nil
	}
	state, snap, fresh, known := p.freeze()
	if !known {
		return p.thaw() // the repository began to remember later than that
	}
	began := time.Now()
	err = saver.Save(ctx, at.path, snap)
	if ctx.Err() == nil {
		count(&s.counts.snapshots, &s.counts.snapshotFaults, err)
	}
	if thawed := p.thaw(); thawed != nil {
		return thawed
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	p.wrote(state, snap, fresh, time.Since(began))
	_, err = at.log.KeepChanges(ctx, state, state.Sequence)
	if errors.Is(err, domain.ErrNotFound) { // dropped meanwhile, and the file removed before it was written
		err = at.engine.Remove(at.path)
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	return nil
}
