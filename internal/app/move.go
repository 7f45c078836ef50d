package app

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// addBatch is how many vectors one call of Add gets, after which other goroutines get
// their turn.
const addBatch = 8

// move adds ids to the graph of p and then takes them out of the tail. If ctx ends
// meanwhile, those that are not in the graph yet are queued again.
func (s *Service) move(ctx context.Context, p *projection, ids []int64) error {
	began := time.Now()
	var (
		next   atomic.Int64
		adders sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	for range s.adders() {
		adders.Go(func() {
			for ctx.Err() == nil {
				to := int(next.Add(addBatch))
				from := to - addBatch
				if from >= len(ids) {
					return
				}
				err := s.sparing(ctx, func() error { return p.addToGraph(ids[from:min(to, len(ids))]) })
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				s.yield()
			}
		})
	}
	adders.Wait()
	if failed != nil {
		return failed
	}
	return p.arrived(ids, ctx.Err() != nil, time.Since(began))
}

// adders is how many goroutines may add to a graph: all cores, but for one as long as
// somebody searches. (A search that finds every core busy waits for the scheduler, not
// for a lock.)
func (s *Service) adders() int {
	n := runtime.GOMAXPROCS(0)
	if s.searches.recent() {
		n--
	}
	return max(n, 1)
}
