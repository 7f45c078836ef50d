package tiered

import (
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/deadline"
	"github.com/memista/memista/internal/domain"
)

// expiries are the times at which the vectors of an index expire. A search asks
// next, which is all it costs while nothing is due; what is not atomic is guarded by the
// mutex of the Index.
type expiries struct {
	next  atomic.Int64 // microseconds since 1970 of the first one due; deadline.Never: none is
	bytes atomic.Int64 // memory held
	queue deadline.Queue
}

// set notes that the chunk called id expires at at, or with a zero time that it does not.
func (d *expiries) set(id int64, at time.Time) {
	d.queue.Set(id, at)
	d.publish()
}

// publish tells searches what is in the queue.
func (d *expiries) publish() {
	d.bytes.Store(d.queue.Bytes())
	d.next.Store(d.queue.Next())
}

// expire takes the vectors out of p that have expired, so that a search which starts
// now finds k others if there are k. Their rows are deleted later, by the sweeper.
func (p *Index) expire() error {
	if p.expiries.next.Load() > p.now().UnixMicro() {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := p.expiries.queue.Take(p.now())
	defer p.expiries.publish() // once they have left: until then next tells other searches to wait
	if len(ids) == 0 {
		return nil
	}
	if _, err := p.buffer.Remove(ids); err != nil {
		return err
	}
	if g := p.graph.Load(); g != nil {
		return p.leaveGraph(g, ids)
	}
	return nil
}

// noteExpiries notes when chunks expire whose rows were read.
func (p *Index) noteExpiries(chunks []domain.Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range chunks {
		if c := &chunks[i]; !c.ExpiresAt.IsZero() {
			p.expiries.set(c.ID, c.ExpiresAt)
		}
	}
}
