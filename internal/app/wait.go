package app

import (
	"context"
	"fmt"
	"time"
)

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
