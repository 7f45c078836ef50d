package app

import (
	"context"
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

// changed reports whether the graph of p has what its file has not.
func (p *projection) changed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graph.Load() != nil && p.fresh > 0
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
