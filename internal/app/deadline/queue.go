// Package deadline keeps when chunks expire, so that those whose time has come are found
// without a look at the others.
package deadline

import (
	"container/heap"
	"iter"
	"math"
	"time"
)

// Never is what Next returns where nothing expires.
const Never = math.MaxInt64

// Queue is the times at which chunks expire. The zero value has none. Due may be read by
// many at a time while nobody calls Set or Take.
type Queue struct {
	at    map[int64]int64 // microseconds since 1970 by chunk id
	queue times           // what is in at, and what was replaced and is to be passed over
}

// one is a time and the chunk that expires then.
type one struct{ at, id int64 }

// Set notes that the chunk called id expires at at, or with a zero time that it does not.
func (q *Queue) Set(id int64, at time.Time) {
	if at.IsZero() {
		if len(q.at) > 0 {
			delete(q.at, id)
			q.tidy()
		}
		return
	}
	if q.at == nil {
		q.at = map[int64]int64{}
	}
	micros := at.UnixMicro()
	if old, there := q.at[id]; there && old == micros {
		return
	}
	q.at[id] = micros
	heap.Push(&q.queue, one{micros, id})
	q.tidy()
}

// Take takes out the chunks that have expired at now and returns their ids.
func (q *Queue) Take(now time.Time) (ids []int64) {
	micros := now.UnixMicro()
	for len(q.queue) > 0 && q.queue[0].at <= micros {
		first := heap.Pop(&q.queue).(one)
		if q.has(first) {
			delete(q.at, first.id)
			ids = append(ids, first.id)
		}
	}
	q.tidy()
	return ids
}

// Due yields the chunks that have expired at now, in no order, some perhaps twice. It costs
// what is due, and one comparison where nothing is.
func (q *Queue) Due(now time.Time) iter.Seq[int64] {
	micros := now.UnixMicro()
	return func(yield func(int64) bool) {
		if q.Next() > micros {
			return
		}
		below := []int{0} // places in the heap, under which all is later
		for len(below) > 0 {
			i := below[len(below)-1]
			below = below[:len(below)-1]
			if i >= len(q.queue) || q.queue[i].at > micros {
				continue
			}
			if q.has(q.queue[i]) && !yield(q.queue[i].id) {
				return
			}
			below = append(below, 2*i+1, 2*i+2)
		}
	}
}

// Next returns a time, in microseconds since 1970, before which nothing is due; Never if
// nothing expires.
func (q *Queue) Next() int64 {
	if len(q.queue) == 0 {
		return Never
	}
	return q.queue[0].at
}

// Bytes is about the memory that q takes: for each time its place in the queue, and in the
// map at its usual load.
func (q *Queue) Bytes() int64 { return int64(len(q.queue)) * (16 + 40) }

// has reports whether o was not replaced.
func (q *Queue) has(o one) bool {
	at, there := q.at[o.id]
	return there && at == o.at
}

// slack is how many replaced times may lie in the queue before it is made anew, besides as
// many as there are others.
const slack = 1024

// tidy keeps the queue in proportion to what is in it.
func (q *Queue) tidy() {
	if len(q.queue) <= 2*len(q.at)+slack {
		return
	}
	q.queue = q.queue[:0:0]
	for id, at := range q.at {
		q.queue = append(q.queue, one{at, id})
	}
	heap.Init(&q.queue)
}

// times is a heap.Interface, the first time at its top.
type times []one

func (h times) Len() int           { return len(h) }
func (h times) Less(i, j int) bool { return h[i].at < h[j].at }
func (h times) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *times) Push(x any)        { *h = append(*h, x.(one)) }
func (h *times) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
