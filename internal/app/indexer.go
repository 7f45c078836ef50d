package app

import (
	"context"
	"fmt"
	"time"

	"github.com/memista/memista/internal/ports"
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
			p.mu.Lock()
			p.failed = err
			p.mu.Unlock()
		}
	}()
}

// engage makes the caller the indexer of p, until it calls p.rest(idle), if there is work
// for one and none is at it.
func (s *Service) engage(p *projection) (idle chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.graph.Load() == nil && !s.outgrown(p) || p.graph.Load() != nil && len(p.queue) == 0 {
		return nil, false
	}
	p.busy, p.idle = true, make(chan struct{})
	return p.idle, true
}

// outgrown reports whether p has become too large to be searched exactly.
func (s *Service) outgrown(p *projection) bool {
	return s.engineOf(p.set.Engine) != nil && p.tail.Stats().Len > s.flatMax(p.dims)
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
	if p.graph.Load() == nil {
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

const (
	// moveBatch is how many vectors are on their way to the graph at a time: enough to
	// keep every core busy between two hand-overs, few enough that a stop comes soon.
	moveBatch = 512
	// While other databases wait, a turn takes about turnTime, but moves leastBatch vectors.
	turnTime   = 25 * time.Millisecond
	leastBatch = 64
)

// batch is how many vectors p moves in one turn. If others wait, turns take as long for
// large vectors as for small ones.
func (p *projection) batch(othersWait bool) int {
	if !othersWait {
		return moveBatch
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved == 0 {
		return leastBatch
	}
	n := float64(p.moved) * turnTime.Seconds() / max(p.spent.Seconds(), 1e-6)
	return int(min(max(n, leastBatch), moveBatch))
}

// remaining is how many vectors wait for the graph.
func (p *projection) remaining() int { return p.tail.Stats().Len }

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
	made, err := s.engineOf(p.set.Engine).New(graphSettings(p.set, p.dims))
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
	end := p.applied
	p.queue = append(p.queue, arrival{end: &end})
	p.whole = end.Sequence
	p.kept, p.keptAt, p.savedAt = kept, time.Now(), time.Now()
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
