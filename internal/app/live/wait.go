package live

import (
	"context"
	"fmt"
	"time"
)

// WaitIndexed returns when the graph of database id has every vector that was stored before
// the call, at once where it has none. report, if not nil, is called now and then with how
// many vectors of how many the graph has.
func (r *Registry) WaitIndexed(ctx context.Context, id string, report func(done, total int64)) error {
	if _, err := r.Find(ctx, id); err != nil {
		return err
	}
	err := r.With(ctx, id, func(db *Database) error { return r.waitUntilIndexed(ctx, db, report) })
	if err != nil {
		return fmt.Errorf("index of %q: %w", id, err)
	}
	return nil
}

// FinishIndex is WaitIndexed, and saves the graph.
func (r *Registry) FinishIndex(ctx context.Context, id string, report func(done, total int64)) error {
	if err := r.WaitIndexed(ctx, id, report); err != nil {
		return err
	}
	return r.With(ctx, id, func(db *Database) error {
		if err := db.Wait(ctx); err != nil {
			return err
		}
		p := db.index.Load()
		if p == nil || !p.Unsaved() {
			return nil
		}
		return r.save(ctx, db, p)
	})
}

// tellEvery is the time between two reports of how far an indexer is.
const tellEvery = 100 * time.Millisecond

// waitUntilIndexed returns when the index of db has all in its graph that it has now.
func (r *Registry) waitUntilIndexed(ctx context.Context, db *Database, report func(done, total int64)) error {
	if err := db.Wait(ctx); err != nil {
		return err
	}
	until := db.info.Load().Sequence
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		if err := db.failure(); err != nil {
			return err
		}
		p := db.index.Load()
		if p == nil {
			return nil
		}
		idle, done := p.IndexedUntil(until)
		if report != nil {
			report(p.Progress())
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
