package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/memista/memista/internal/ports"
)

const (
	// moveBatch is how many vectors are on their way to the graph at a time: enough to
	// keep every core busy between two hand-overs, few enough that a stop comes soon.
	moveBatch = 512
	// While other databases wait, a turn takes about turnTime, but moves leastBatch vectors.
	turnTime   = 25 * time.Millisecond
	leastBatch = 64
)

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

// addToGraph adds the vectors of ids that are still in the tail to the graph. It may be
// called by several goroutines at a time.
func (p *projection) addToGraph(ids []int64) error {
	g, tail := p.graph.Load(), p.tail.(ports.VectorReader)
	room := make([]float32, 0, len(ids)*p.dims)
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
// removed on the way leaves the graph. Of a move that was cut short, those that are not in
// the graph are queued again.
func (p *projection) arrived(ids []int64, cut bool, took time.Duration) error {
	g := p.graph.Load()
	var left []int64
	if cut {
		ids, left = split(ids, g.Contains)
	}
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

// endsBy reports whether all vectors of p are in its graph by deadline if they come there
// as fast as those before. Of a graph that has not got any yet nobody knows.
func (p *projection) endsBy(deadline time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := time.Until(deadline)
	if p.moved > 0 {
		left -= time.Duration(float64(p.spent) * float64(p.remaining()) / float64(p.moved))
	}
	return left > 0
}

// engage makes the caller the indexer of p, until it calls p.rest(idle), if none is at work
// and there is something to move to the graph, or the tail has outgrown being without one.
func (p *projection) engage(outgrown func() bool) (idle chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.graph.Load() == nil && !outgrown() || p.graph.Load() != nil && len(p.queue) == 0 {
		return nil, false
	}
	p.busy, p.idle = true, make(chan struct{})
	return p.idle, true
}

// fail notes why an index that is being made could not be finished, for settle to tell.
func (p *projection) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
}

// indexing reports whether vectors are on their way to the graph.
func (p *projection) indexing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy
}

// begin makes the empty index made the graph of p, and queues the whole tail for it. The
// repository remembers the changes from kept on.
func (p *projection) begin(made ports.VectorIndex, kept int64) error {
	tail, ok := p.tail.(ports.VectorReader)
	if !ok {
		return errors.New("the flat index gives no vectors back")
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
	p.graph.Store(&graph{made})
	return nil
}
