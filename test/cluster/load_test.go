package cluster_test

import (
	"context"
	"sync"
	"time"

	"github.com/memista/memista/test/bench/measure"
)

// Sizes of the load. It is light: what is tested is what it loses, not how fast it is.
const (
	writers     = 2
	batchChunks = 10
	searchers   = 4
	writePause  = 100 * time.Millisecond // between the writes of one writer
	searchPause = 50 * time.Millisecond  // between the searches of one searcher
	oldBatches  = 20                     // after so many that were deleted from a batch is an old one
	callLimit   = 10 * time.Second       // of one call
)

// load writes, deletes and searches until it is stopped.
type load struct {
	ledger *ledger
	on     target
	began  time.Time

	mu       sync.Mutex // guards all below
	writes   []outcome
	searches []outcome
}

// outcome is what became of one call.
type outcome struct {
	sent, took time.Duration // since the load began; how long it took
	err        error
}

// run works until ctx ends. A call under way then is finished.
func (l *load) run(ctx context.Context) {
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() { l.write(ctx) })
	}
	for i := range searchers {
		wg.Go(func() { l.search(ctx, i) })
	}
	wg.Wait()
}

// write inserts batches. Of each third one it deletes the first chunk, it deletes the second
// and inserts it again, and it deletes the third of a batch of long before.
func (l *load) write(ctx context.Context) {
	var old []int
	for i := 0; wait(ctx, writePause); i++ {
		numbers := l.ledger.numbers(batchChunks)
		err := l.call(&l.writes, func(ctx context.Context) error { return l.on.insert(ctx, numbers) })
		if err != nil {
			continue // they may be there or not
		}
		l.ledger.set(stored, numbers...)
		if i%3 != 0 {
			continue
		}
		if old = append(old, numbers[2]); len(old) > oldBatches {
			l.remove(old[0])
			old = old[1:]
		}
		l.remove(numbers[0])
		if !l.remove(numbers[1]) {
			continue
		}
		l.ledger.repeat(numbers[1])
		again := numbers[1:2]
		if l.call(&l.writes, func(ctx context.Context) error { return l.on.insert(ctx, again) }) == nil {
			l.ledger.set(stored, again...)
		}
	}
}

// remove deletes a chunk and reports whether that was acknowledged.
func (l *load) remove(n int) bool {
	l.ledger.set(deleting, n)
	if l.call(&l.writes, func(ctx context.Context) error { return l.on.remove(ctx, n) }) != nil {
		return false
	}
	l.ledger.set(deleted, n)
	return true
}

func (l *load) search(ctx context.Context, client int) {
	for i := 0; wait(ctx, searchPause); i++ {
		v := vectorOf(i*searchers + client)
		_ = l.call(&l.searches, func(ctx context.Context) error { return l.on.search(ctx, v) }) // it is noted
	}
}

// call notes what becomes of a call, which the end of the load does not cut off.
func (l *load) call(notes *[]outcome, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	sent := time.Now()
	err := do(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	*notes = append(*notes, outcome{sent.Sub(l.began), time.Since(sent), err})
	return err
}

// wait waits and reports whether ctx goes on.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// summary are the outcomes of calls.
type summary struct {
	calls, failed int
	late          int // that failed and were sent 10 s or more after the last kill
	p50, p99, max time.Duration
	first         error // one of the errors
}

func (l *load) summary(notes []outcome, kills []time.Duration) (s summary) {
	var times measure.Times
	for _, o := range notes {
		s.calls++
		times = append(times, o.took)
		if o.err == nil {
			continue
		}
		s.failed++
		if s.first == nil {
			s.first = o.err
		}
		if since := sinceKill(o.sent, kills); since >= 10*time.Second {
			s.late++
		}
	}
	s.p50, s.p99, s.max = times.At(50), times.At(99), times.At(100)
	return s
}

// sinceKill returns how long the last kill before at was ago; without any it is an hour.
func sinceKill(at time.Duration, kills []time.Duration) time.Duration {
	since := time.Hour
	for _, k := range kills {
		if k <= at {
			since = at - k
		}
	}
	return since
}
