package live

import (
	"context"
	"runtime"
	"time"
)

// Throttle runs work that a call waits for, in its turn.
func (r *Registry) Throttle(ctx context.Context, fn func() error) error {
	r.calls.Add(1)
	defer r.calls.Add(-1)
	return r.throttled(ctx, fn)
}

// throttled is Throttle for work that no one has called for.
func (r *Registry) throttled(ctx context.Context, fn func() error) error {
	if !r.searches.recent() {
		return fn()
	}
	select {
	case r.throttleSlots <- struct{}{}:
		defer func() { <-r.throttleSlots }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// throttlePlaces is how much heavy work runs at a time while someone searches.
func throttlePlaces() int { return max(runtime.GOMAXPROCS(0)-1, 1) }

// yieldPause is how long an adder sleeps to let others have its core. How short it is
// matters little: where the core is idle then, Linux makes a millisecond of it.
const yieldPause = 50 * time.Microsecond

// yield lets others have the core of an adder. Gosched alone is not enough while calls
// are under way and someone searches: as long as the scheduler has a goroutine that can
// run, be it the adder, it looks at the network once in ten milliseconds, and a search
// that has come waits there unseen. A goroutine that sleeps makes it look. With no call
// under way another core is idle, and looks all the time.
func (r *Registry) yield() {
	if r.calls.Load() > 0 && r.searches.recent() {
		time.Sleep(yieldPause)
		return
	}
	runtime.Gosched()
}

// NoteSearch notes that a search is under way, and that another one is expected.
func (r *Registry) NoteSearch() { r.searches.touch() }
