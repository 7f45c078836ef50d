package app

import (
	"container/heap"
	"math"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

// deadlines are the times at which the vectors of a projection expire. A search asks
// next, which is all it costs while nothing is due; what is not atomic is guarded by the
// projection's mu.
type deadlines struct {
	next  atomic.Int64    // microseconds since 1970 of the first one due; never: none is
	bytes atomic.Int64    // memory held
	some  atomic.Bool     // there is, or was, one
	at    map[int64]int64 // microseconds by chunk id
	queue deadlineHeap    // what is in at, and what was replaced and is to be passed over
}

const never = math.MaxInt64

// deadline is one time and the chunk that expires then.
type deadline struct{ at, id int64 }

// set notes that the chunk called id expires at at, or with a zero time that it does not.
func (d *deadlines) set(id int64, at time.Time) {
	if at.IsZero() {
		if len(d.at) > 0 {
			delete(d.at, id)
			d.settle()
		}
		return
	}
	if d.at == nil {
		d.at = map[int64]int64{}
		d.some.Store(true)
	}
	micros := at.UnixMicro()
	if old, there := d.at[id]; there && old == micros {
		return
	}
	d.at[id] = micros
	heap.Push(&d.queue, deadline{micros, id})
	d.settle()
}

// due takes out the chunks that have expired at now and returns their ids. The caller
// settles once they have left the index: until then next tells other searches to wait.
func (d *deadlines) due(now time.Time) (ids []int64) {
	micros := now.UnixMicro()
	for len(d.queue) > 0 && d.queue[0].at <= micros {
		first := heap.Pop(&d.queue).(deadline)
		if at, there := d.at[first.id]; there && at == first.at {
			delete(d.at, first.id)
			ids = append(ids, first.id)
		}
	}
	return ids
}

// slackDeadlines is how many replaced deadlines may lie in the queue before it is made
// anew, besides as many as there are others.
const slackDeadlines = 1024

// settle keeps the queue in proportion to what is in it, and next up to date.
func (d *deadlines) settle() {
	if len(d.queue) > 2*len(d.at)+slackDeadlines {
		d.queue = d.queue[:0:0]
		for id, at := range d.at {
			d.queue = append(d.queue, deadline{at, id})
		}
		heap.Init(&d.queue)
	}
	d.bytes.Store(int64(len(d.queue)) * deadlineBytes)
	if len(d.queue) == 0 {
		d.next.Store(never)
		return
	}
	d.next.Store(d.queue[0].at)
}

// deadlineBytes is about what one deadline takes: its place in the queue, and in the map
// at its usual load.
const deadlineBytes = 16 + 40

// deadlineHeap is a heap.Interface, the first deadline at its top.
type deadlineHeap []deadline

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h deadlineHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *deadlineHeap) Push(x any)        { *h = append(*h, x.(deadline)) }
func (h *deadlineHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// expire takes the vectors out of p whose time has come, so that a search which starts
// now finds k others if there are k. Their rows are deleted later, by the sweeper.
func (p *projection) expire() error {
	if p.deadlines.next.Load() > p.now().UnixMicro() {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := p.deadlines.due(p.now())
	defer p.deadlines.settle()
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
