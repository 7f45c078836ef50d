package app

import (
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/deadline"
	"github.com/memista/memista/internal/domain"
)

// deadlines are the times at which the vectors of a projection expire. A search asks
// next, which is all it costs while nothing is due; what is not atomic is guarded by the
// projection's mu.
type deadlines struct {
	next  atomic.Int64 // microseconds since 1970 of the first one due; deadline.Never: none is
	bytes atomic.Int64 // memory held
	queue deadline.Queue
}

// set notes that the chunk called id expires at at, or with a zero time that it does not.
func (d *deadlines) set(id int64, at time.Time) {
	d.queue.Set(id, at)
	d.settle()
}

// settle tells searches what is in the queue.
func (d *deadlines) settle() {
	d.bytes.Store(d.queue.Bytes())
	d.next.Store(d.queue.Next())
}

// expire takes the vectors out of p whose time has come, so that a search which starts
// now finds k others if there are k. Their rows are deleted later, by the sweeper.
func (p *projection) expire() error {
	if p.deadlines.next.Load() > p.now().UnixMicro() {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := p.deadlines.queue.Take(p.now())
	defer p.deadlines.settle() // once they have left: until then next tells other searches to wait
	if len(ids) == 0 {
		return nil
	}
	if _, err := p.tail.Remove(ids); err != nil {
		return err
	}
	if g := p.graph.Load(); g != nil {
		return p.leaveGraph(g, ids)
	}
	return nil
}

// expects notes when chunks expire whose rows were read.
func (p *projection) expects(chunks []domain.Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range chunks {
		if c := &chunks[i]; !c.ExpiresAt.IsZero() {
			p.deadlines.set(c.ID, c.ExpiresAt)
		}
	}
}
