package app

import (
	"context"
	"fmt"
	"time"
)

// WaitIndexed returns when the graph of database id has every vector that was stored
// before the call, at once where the database is so small that it has none. Searches find
// all of them before that, too: what the graph lacks is compared one by one. told, if not
// nil, is called now and then with how many vectors of how many the graph has.
func (s *Service) WaitIndexed(ctx context.Context, id string, told func(done, total int64)) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	return s.waitIndexed(ctx, id, told)
}

// FinishIndex is WaitIndexed, and saves the graph.
func (s *Service) FinishIndex(ctx context.Context, id string, told func(done, total int64)) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	return s.finishIndex(ctx, id, told)
}

func (s *Service) waitIndexed(ctx context.Context, id string, told func(done, total int64)) error {
	if _, err := s.find(ctx, id); err != nil {
		return err
	}
	err := s.with(ctx, id, func(db *database) error { return s.waitFor(ctx, db, told) })
	if err != nil {
		return fmt.Errorf("index of %q: %w", id, err)
	}
	return nil
}

func (s *Service) finishIndex(ctx context.Context, id string, told func(done, total int64)) error {
	if err := s.waitIndexed(ctx, id, told); err != nil {
		return err
	}
	return s.with(ctx, id, func(db *database) error {
		if err := db.wait(ctx); err != nil {
			return err
		}
		p := db.projection.Load()
		if p == nil || !p.changed() {
			return nil
		}
		return s.save(ctx, db, p)
	})
}

// changed reports whether the graph of p has what its file has not.
func (p *projection) changed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graph.Load() != nil && p.fresh > 0
}

// tellEvery is the time between two reports of how far an indexer is.
const tellEvery = 100 * time.Millisecond

// waitFor returns when the projection of db has all in its graph that it has now.
func (s *Service) waitFor(ctx context.Context, db *database, told func(done, total int64)) error {
	if err := db.wait(ctx); err != nil {
		return err
	}
	until := db.info.Load().Sequence
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		if err := db.failure(); err != nil {
			return err
		}
		p := db.projection.Load()
		if p == nil {
			return nil
		}
		idle, done := p.indexedUntil(until)
		if told != nil {
			told(p.progress())
		}
		if done || idle == nil {
			return nil
		}
		select {
		case <-idle:
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// indexedUntil reports whether the graph has all changes up to sequence, and else when the
// indexer has ended; nil: none is at work.
func (p *projection) indexedUntil(sequence int64) (idle <-chan struct{}, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.busy {
		return nil, true
	}
	return p.idle, p.graph.Load() != nil && p.indexed.Sequence >= sequence
}

// progress is how many vectors of how many are in the graph.
func (p *projection) progress() (done, total int64) {
	if g := p.graph.Load(); g != nil {
		done = int64(g.Stats().Len)
	}
	return done, done + int64(p.tail.Stats().Len)
}
