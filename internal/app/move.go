package app

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/ports"
)

// addBatch is how many vectors one call of Add gets, after which other goroutines get
// their turn.
const addBatch = 8

// move adds ids to the graph of p and then takes them out of the tail. If ctx ends
// meanwhile, those that are not in the graph yet are queued again.
func (s *Service) move(ctx context.Context, p *projection, ids []int64) error {
	g := p.graph.Load()
	tail := p.tail.(ports.VectorReader)
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
				err := s.sparing(ctx, func() error { return addSome(g, tail, p.dims, ids[from:min(to, len(ids))]) })
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
	left := []int64{}
	if ctx.Err() != nil {
		ids, left = split(ids, g.Contains)
	}
	return p.arrived(g, ids, left, time.Since(began))
}

// split returns the ids for which is holds, and the others, in their order.
func split(ids []int64, is func(int64) bool) (yes, no []int64) {
	for _, id := range ids {
		if is(id) {
			yes = append(yes, id)
		} else {
			no = append(no, id)
		}
	}
	return yes, no
}

// addSome adds the vectors of ids that are still in the tail to g.
func addSome(g *graph, tail ports.VectorReader, dims int, ids []int64) error {
	room := make([]float32, 0, len(ids)*dims)
	there, vectors := make([]int64, 0, len(ids)), make([][]float32, 0, len(ids))
	for _, id := range ids {
		from := len(room)
		var ok bool
		if room, ok = tail.Vector(id, room); ok {
			there, vectors = append(there, id), append(vectors, room[from:len(room):len(room)])
		}
	}
	if len(there) == 0 {
		return nil
	}
	return g.Add(there, vectors)
}

// arrived ends a move: what is in the graph leaves the tail, and what was replaced or
// removed on the way leaves the graph. Of a move that was cut short, left is queued again.
func (p *projection) arrived(g *graph, ids, left []int64, took time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.moving = nil }()
	p.moved, p.spent, p.fresh = p.moved+len(ids), p.spent+took, p.fresh+int64(len(ids))
	kept := ids
	if stale := p.limbo.Load(); stale != nil {
		var out []int64
		out, kept = split(ids, stale.has)
		if _, err := g.Remove(out); err != nil {
			return err
		}
	}
	if _, err := p.tail.Remove(kept); err != nil {
		return err
	}
	p.limbo.Store(nil)
	if len(left) > 0 {
		p.queueAgain(left)
		return nil
	}
	if n := len(p.ends); n > 0 {
		p.indexed, p.ends = p.ends[n-1], p.ends[:0]
	}
	return nil
}

// queueAgain puts ids, with the commits that end with them, back to where they were taken
// from; p.mu is held.
func (p *projection) queueAgain(ids []int64) {
	again := make([]arrival, 0, len(ids)+len(p.ends)+len(p.queue))
	for _, id := range ids {
		again = append(again, arrival{id: id})
	}
	for _, end := range p.ends {
		again = append(again, arrival{end: &end})
	}
	p.queue, p.ends = slices.Concat(again, p.queue), nil
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
