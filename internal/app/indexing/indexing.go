// Package indexing moves vectors from the buffers of indexes to their graphs, in turns that all
// indexes share.
package indexing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/engines"
	"github.com/memista/memista/internal/app/fairlock"
	"github.com/memista/memista/internal/app/governor"
	"github.com/memista/memista/internal/app/tiered"
)

// Indexer is what an index needs to get a graph. It is safe for concurrent use.
type Indexer struct {
	Engines  *engines.Set
	Governor *governor.Governor
	Cores    fairlock.Lock // taken by the one indexer that is at work
}

// addBatch is how many vectors one call of Add gets, after which other goroutines get
// their turn.
const addBatch = 8

// Move adds ids to the graph of p and then takes them out of the buffer. If ctx ends
// before, those that are not in the graph yet are queued again.
func (x *Indexer) Move(ctx context.Context, p *tiered.Index, ids []int64) error {
	began := time.Now()
	var (
		next   atomic.Int64
		adders sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	for range x.Governor.Workers() {
		adders.Go(func() {
			for ctx.Err() == nil {
				to := int(next.Add(addBatch))
				from := to - addBatch
				if from >= len(ids) {
					return
				}
				err := x.Governor.Throttle(ctx, func() error { return p.AddToGraph(ids[from:min(to, len(ids))]) })
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				x.Governor.Yield()
			}
		})
	}
	adders.Wait()
	if failed != nil {
		return failed
	}
	return p.FinishMove(ids, ctx.Err() != nil, time.Since(began))
}

// Outgrown reports whether p has become too large to be searched exactly.
func (x *Indexer) Outgrown(p *tiered.Index) bool {
	return x.Engines.Outgrown(p.Settings().Engine, p.Settings().Dims, int64(p.Remaining()))
}

// Start makes the caller the indexer of p, until it calls p.StopIndexing(idle), if there is work
// for one and none is at it.
func (x *Indexer) Start(p *tiered.Index) (idle chan struct{}, ok bool) {
	return p.StartIndexing(func() bool { return x.Outgrown(p) })
}

// Fill moves all that is in the buffer of p to its graph, which it makes if there is none and which
// is kept in no file. The caller is the indexer of p. It ends with the error of ctx if that ends.
func (x *Indexer) Fill(ctx context.Context, p *tiered.Index) error {
	if !p.HasGraph() {
		made, err := x.Engines.NewGraph(p.Settings())
		if err != nil {
			return err
		}
		p.StartGraph(made, 0)
	}
	for more := true; more; {
		done, err := x.Cores.Take(ctx, p.Remaining())
		if err != nil {
			return err
		}
		ids := p.TakeBatch(p.BatchSize(x.Cores.Waiting() > 0))
		if more = ids != nil; more {
			err = x.Move(ctx, p, ids)
		}
		done()
		if err != nil {
			return err
		}
	}
	return nil
}
