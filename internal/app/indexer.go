package app

import (
	"context"
	"fmt"
)

// index sets an indexer to work on p if p has something for the graph, or is large
// enough to need one, and none is at work.
func (s *Service) index(db *database, p *projection) {
	idle, ok := s.engage(p)
	if !ok {
		return
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		defer p.rest(idle)
		switch err := s.drain(s.ctx, db, p); {
		case err == nil || !db.follows(p):
		case db.projection.Load() == p:
			s.giveUp(db, err)
		default: // whoever makes p learns it from settle; the one that is searched is good
			p.fail(err)
		}
	}()
}

// engage makes the caller the indexer of p, until it calls p.rest(idle), if there is work
// for one and none is at it.
func (s *Service) engage(p *projection) (idle chan struct{}, ok bool) {
	return p.engage(func() bool { return s.outgrown(p) })
}

// outgrown reports whether p has become too large to be searched exactly.
func (s *Service) outgrown(p *projection) bool {
	return s.engineOf(p.settings().Engine) != nil && p.remaining() > s.flatMax(p.settings().Dims)
}

// drain moves the tail of p to its graph, turn by turn, until nothing is left to move.
func (s *Service) drain(ctx context.Context, db *database, p *projection) error {
	for ctx.Err() == nil && db.follows(p) {
		more, err := s.turn(ctx, db, p)
		if err != nil || !more {
			return err
		}
		s.saveIfDue(ctx, db, p)
	}
	return nil
}

// turn moves some vectors to the graph of p, which it begins if there is none yet. It
// reports false if there was nothing to move, or ctx has ended.
func (s *Service) turn(ctx context.Context, db *database, p *projection) (more bool, err error) {
	if !p.hasGraph() {
		if err := s.begin(ctx, db, p); err != nil {
			return false, err
		}
	}
	end, err := s.takeTurn(ctx, db, p)
	if err != nil {
		return false, nil // ctx has ended, which is no fault
	}
	defer end()
	ids := p.take(p.batch(s.cores.Waiting() > 0))
	if ids == nil {
		return false, nil
	}
	return true, s.move(ctx, p, ids)
}

// takeTurn returns when the indexer of p may use the cores, and its graph is not being
// saved.
func (s *Service) takeTurn(ctx context.Context, db *database, p *projection) (end func(), err error) {
	for {
		done, err := s.cores.Take(ctx, p.remaining())
		if err != nil {
			return nil, err
		}
		unlock, free := s.graphs.TryLock(db.id)
		if free {
			return func() { unlock(); done() }, nil
		}
		done() // others have their turn while the graph is being saved
		if unlock, err = s.graphs.Lock(ctx, db.id); err != nil {
			return nil, err
		}
		unlock()
	}
}

// begin gives p an empty graph.
func (s *Service) begin(ctx context.Context, db *database, p *projection) error {
	unlock, err := s.graphs.Lock(ctx, db.id)
	if err != nil {
		return nil // ctx has ended, which is no fault
	}
	defer unlock()
	kept, err := s.remember(ctx, *db.info.Load())
	if err != nil {
		s.reportOf(db, err) // the graph is good without a file
	}
	return s.startGraph(db, p, kept)
}

// startGraph gives p an empty graph and queues the whole tail for it. The repository
// remembers the changes from kept on.
func (s *Service) startGraph(db *database, p *projection, kept int64) error {
	made, err := s.engineOf(p.set.Engine).New(graphSettings(p.settings(), p.settings().Dims))
	if err != nil {
		return fmt.Errorf("graph of %q: %w", db.id, err)
	}
	s.watch(db.id, made)
	if err := p.begin(made, kept); err != nil {
		return fmt.Errorf("graph of %q: %w", db.id, err)
	}
	return nil
}
