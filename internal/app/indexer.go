package app

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/ports"
)

const (
	// moveBatch is how many vectors are on their way to the graph at a time: enough to
	// keep every core busy between two hand-overs, few enough that a stop comes soon.
	moveBatch = 512
	// addBatch is how many vectors one call of Add gets, after which other goroutines
	// get their turn.
	addBatch = 8
)

// index sets an indexer to work on p if p has something for the graph, or is large
// enough to need one, and none is at work.
func (s *Service) index(db *database, p *projection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.graph.Load() == nil && !s.outgrown(db, p) || p.graph.Load() != nil && len(p.queue) == 0 {
		return
	}
	idle := make(chan struct{})
	p.busy, p.idle = true, idle
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		defer p.rest(idle)
		switch err := s.drain(s.ctx, db, p); {
		case err == nil || !db.follows(p):
		case db.projection.Load() == p:
			s.giveUp(db, err)
		default: // whoever makes p learns it from settle; the one that is searched is good
			p.mu.Lock()
			p.failed = err
			p.mu.Unlock()
		}
	}()
}

// outgrown reports whether p has become too large to be searched exactly.
func (s *Service) outgrown(db *database, p *projection) bool {
	return s.engineOf(db.info.Load().Engine) != nil && p.tail.Stats().Len > s.flatMax(p.dims)
}

// drain moves the tail of p to its graph until nothing is left to move.
func (s *Service) drain(ctx context.Context, db *database, p *projection) error {
	select { // one database at a time: its adders use all cores that searches leave
	case s.indexing <- struct{}{}:
		defer func() { <-s.indexing }()
	case <-ctx.Done():
		return nil
	}
	if p.graph.Load() == nil {
		if err := s.remember(ctx, *db.info.Load()); err != nil {
			s.reportOf(db, err) // the graph is good without a file
		}
		if err := s.startGraph(db, p); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		ids := p.take(moveBatch)
		if ids == nil {
			return nil
		}
		if err := s.move(ctx, p, ids); err != nil {
			return err
		}
		s.saveIfDue(ctx, db, p)
	}
	return nil
}

// startGraph gives p an empty graph and queues the whole tail for it.
func (s *Service) startGraph(db *database, p *projection) error {
	info := db.info.Load()
	made, err := s.engineOf(info.Engine).New(indexSettings(*info))
	if err != nil {
		return fmt.Errorf("graph of %q: %w", db.id, err)
	}
	tail, ok := p.tail.(ports.VectorReader)
	if !ok {
		return fmt.Errorf("graph of %q: the flat index gives no vectors back", db.id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range tail.All() {
		p.queue = append(p.queue, arrival{id: id})
	}
	p.queue = append(p.queue, arrival{end: db.info.Load()})
	p.keptAt = time.Now()
	s.watch(db.id, made)
	p.graph.Store(&graph{made})
	return nil
}

// take takes up to n ids that are still in the tail from the queue and marks them as
// moving; nil means that the queue is empty and the indexer at its end.
func (p *projection) take(n int) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []int64
	p.moving = make(map[int64]struct{}, n)
	taken := 0
	for _, a := range p.queue {
		if len(ids) == n {
			break
		}
		taken++
		if a.id == 0 {
			if len(ids) == 0 {
				p.indexed = *a.end
				continue
			}
			p.ends = append(p.ends, *a.end)
			continue
		}
		if _, twice := p.moving[a.id]; !twice && p.tail.Contains(a.id) {
			p.moving[a.id] = struct{}{}
			ids = append(ids, a.id)
		}
	}
	p.queue = p.queue[taken:]
	if len(ids) == 0 {
		p.queue, p.moving, p.busy = nil, nil, false
		close(p.idle)
	}
	return ids
}

// rest ends the work of the indexer that has idle, if it stopped before everything was
// moved. (If it did not, another one may be at work by now.)
func (p *projection) rest(idle chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy && p.idle == idle {
		p.busy = false
		close(p.idle)
	}
}

// settle returns when no indexer is at work on p, with the error that ended the last one
// before p was searched.
func (p *projection) settle(ctx context.Context) error {
	p.mu.Lock()
	busy, idle := p.busy, p.idle
	p.mu.Unlock()
	if busy {
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// move adds ids to the graph of p and then takes them out of the tail.
func (s *Service) move(ctx context.Context, p *projection, ids []int64) error {
	g := p.graph.Load()
	tail := p.tail.(ports.VectorReader)
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
	return p.arrived(g, ids, ctx.Err() == nil)
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
// removed on the way leaves the graph. Of a move that was cut short nothing leaves the
// tail; the projection is at its end then.
func (p *projection) arrived(g *graph, ids []int64, whole bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.moving = nil }()
	if !whole {
		return nil
	}
	stale := p.limbo.Load()
	kept := ids
	if stale != nil {
		var out []int64
		kept = make([]int64, 0, len(ids))
		for _, id := range ids {
			if stale.has(id) {
				out = append(out, id)
			} else {
				kept = append(kept, id)
			}
		}
		if _, err := g.Remove(out); err != nil {
			return err
		}
	}
	if _, err := p.tail.Remove(kept); err != nil {
		return err
	}
	p.limbo.Store(nil)
	if n := len(p.ends); n > 0 {
		p.indexed, p.ends = p.ends[n-1], p.ends[:0]
	}
	return nil
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
