package tiered

import (
	"context"
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

// TakeBatch takes up to n ids that are still in the buffer from the queue and marks them as
// moving; nil means that the queue is empty and the indexer at its end.
func (p *Index) TakeBatch(n int) []int64 {
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
		if _, twice := p.moving[a.id]; !twice && p.buffer.Contains(a.id) {
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

// BatchSize is how many vectors p moves in one turn. If others wait, turns take as long for
// large vectors as for small ones.
func (p *Index) BatchSize(othersWait bool) int {
	if !othersWait {
		return moveBatch
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.movedCount == 0 {
		return leastBatch
	}
	n := float64(p.movedCount) * turnTime.Seconds() / max(p.moveTime.Seconds(), 1e-6)
	return int(min(max(n, leastBatch), moveBatch))
}

// Remaining is how many vectors wait for the graph.
func (p *Index) Remaining() int { return p.buffer.Stats().Len }

// AddToGraph adds the vectors of ids that are still in the buffer to the graph. It may be
// called by several goroutines at a time.
func (p *Index) AddToGraph(ids []int64) error {
	g := p.graph.Load()
	room := make([]float32, 0, len(ids)*p.dims)
	there, vectors := make([]int64, 0, len(ids)), make([][]float32, 0, len(ids))
	for _, id := range ids {
		from := len(room)
		var ok bool
		if room, ok = p.buffer.Vector(id, room); ok {
			there, vectors = append(there, id), append(vectors, room[from:len(room):len(room)])
		}
	}
	if len(there) == 0 {
		return nil
	}
	return g.Add(there, vectors)
}

// FinishMove ends a move: what is in the graph leaves the buffer, and what was replaced or
// removed on the way leaves the graph. Of a move that was cut short, those that are not in
// the graph are queued again.
func (p *Index) FinishMove(ids []int64, cut bool, took time.Duration) error {
	g := p.graph.Load()
	var left []int64
	if cut {
		ids, left = split(ids, g.Contains)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.moving = nil }()
	p.movedCount, p.moveTime, p.unsaved = p.movedCount+len(ids), p.moveTime+took, p.unsaved+int64(len(ids))
	kept := ids
	if stale := p.tombs.Load(); stale != nil {
		var out []int64
		out, kept = split(ids, stale.has)
		if _, err := g.Remove(out); err != nil {
			return err
		}
	}
	if _, err := p.buffer.Remove(kept); err != nil {
		return err
	}
	p.tombs.Store(nil)
	if len(left) > 0 {
		p.requeue(left)
		return nil
	}
	if n := len(p.ends); n > 0 {
		p.indexed, p.ends = p.ends[n-1], p.ends[:0]
	}
	return nil
}

// requeue puts ids, with the commits that end with them, back to where they were taken
// from; p.mu is held.
func (p *Index) requeue(ids []int64) {
	again := make([]pendingAdd, 0, len(ids)+len(p.ends)+len(p.queue))
	for _, id := range ids {
		again = append(again, pendingAdd{id: id})
	}
	for _, end := range p.ends {
		again = append(again, pendingAdd{end: &end})
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

// StopIndexing ends the work of the indexer that has idle, if it stopped before everything was
// moved. (If it did not, another one may be at work by now.)
func (p *Index) StopIndexing(idle chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy && p.idle == idle {
		p.busy = false
		close(p.idle)
	}
}

// WaitIdle returns when no indexer is at work on p, with the error that ended the last one
// before p was searched.
func (p *Index) WaitIdle(ctx context.Context) error {
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

// EndsBy reports whether all vectors of p are in its graph by deadline if they come there
// as fast as those before. Of a graph that has not got any yet no one knows.
func (p *Index) EndsBy(deadline time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := time.Until(deadline)
	if p.movedCount > 0 {
		left -= time.Duration(float64(p.moveTime) * float64(p.Remaining()) / float64(p.movedCount))
	}
	return left > 0
}

// StartIndexing makes the caller the indexer of p, until it calls StopIndexing(idle), if none is at work
// and there is something to move to the graph, or the buffer has outgrown being without one.
func (p *Index) StartIndexing(outgrown func() bool) (idle chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.graph.Load() == nil && !outgrown() || p.graph.Load() != nil && len(p.queue) == 0 {
		return nil, false
	}
	p.busy, p.idle = true, make(chan struct{})
	return p.idle, true
}

// Fail notes why an index that is being made could not be finished, for WaitIdle to tell.
func (p *Index) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
}

// Indexing reports whether vectors are on their way to the graph.
func (p *Index) Indexing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy
}

// StartGraph makes the empty index made the graph of p, and queues the whole buffer for it. The
// repository remembers the changes from kept on.
func (p *Index) StartGraph(made ports.VectorIndex, kept int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.buffer.All() {
		p.queue = append(p.queue, pendingAdd{id: id})
	}
	end := p.applied
	p.queue = append(p.queue, pendingAdd{end: &end})
	p.completeAt = end.Sequence
	p.keptSince, p.keptAt, p.savedAt = kept, time.Now(), time.Now()
	p.graph.Store(&graph{made})
}
