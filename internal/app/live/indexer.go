package live

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/app/tiered"
)

// index sets an indexer to work on p if p has something for the graph, or is large
// enough to need one, and none is at work.
func (r *Registry) index(db *Database, p *tiered.Index) {
	idle, ok := r.indexing.Start(p)
	if !ok {
		return
	}
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		defer p.StopIndexing(idle)
		switch err := r.drain(r.ctx, db, p); {
		case err == nil || !db.serves(p):
		case db.index.Load() == p:
			r.abandon(db, err)
		default: // whoever makes p learns it from WaitIdle; the one that is searched is good
			p.Fail(err)
		}
	}()
}

// drain moves the buffer of p to its graph, turn by turn, until nothing is left to move.
func (r *Registry) drain(ctx context.Context, db *Database, p *tiered.Index) error {
	for ctx.Err() == nil && db.serves(p) {
		more, err := r.turn(ctx, db, p)
		if err != nil || !more {
			return err
		}
		r.saveIfDue(ctx, db, p)
	}
	return nil
}

// turn moves some vectors to the graph of p, which it begins if there is none yet. It
// reports false if there was nothing to move, or ctx has ended.
func (r *Registry) turn(ctx context.Context, db *Database, p *tiered.Index) (more bool, err error) {
	if !p.HasGraph() {
		if err := r.begin(ctx, db, p); err != nil {
			return false, err
		}
	}
	end, err := r.takeTurn(ctx, db, p)
	if err != nil {
		return false, nil // ctx has ended, which is no fault
	}
	defer end()
	ids := p.TakeBatch(p.BatchSize(r.indexing.Cores.Waiting() > 0))
	if ids == nil {
		return false, nil
	}
	return true, r.indexing.Move(ctx, p, ids)
}

// takeTurn returns when the indexer of p may use the cores, and its graph is not being
// saved.
func (r *Registry) takeTurn(ctx context.Context, db *Database, p *tiered.Index) (end func(), err error) {
	for {
		done, err := r.indexing.Cores.Take(ctx, p.Remaining())
		if err != nil {
			return nil, err
		}
		unlock, free := r.graphLocks.TryLock(db.id)
		if free {
			return func() { unlock(); done() }, nil
		}
		done() // others have their turn while the graph is being saved
		if unlock, err = r.graphLocks.Lock(ctx, db.id); err != nil {
			return nil, err
		}
		unlock()
	}
}

// begin gives p an empty graph.
func (r *Registry) begin(ctx context.Context, db *Database, p *tiered.Index) error {
	unlock, err := r.graphLocks.Lock(ctx, db.id)
	if err != nil {
		return nil // ctx has ended, which is no fault
	}
	defer unlock()
	kept, err := r.keepChanges(ctx, *db.info.Load())
	if err != nil {
		r.reportUnlessGone(db, err) // the graph is good without a file
	}
	return r.startGraph(db, p, kept)
}

// startGraph gives p an empty graph and queues the whole buffer for it. The repository
// remembers the changes from kept on.
func (r *Registry) startGraph(db *Database, p *tiered.Index, kept int64) error {
	made, err := r.engines.NewGraph(p.Settings())
	if err != nil {
		return fmt.Errorf("graph of %q: %w", db.id, err)
	}
	r.watch(db.id, made)
	p.StartGraph(made, kept)
	return nil
}
