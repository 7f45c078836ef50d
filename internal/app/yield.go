package app

import (
	"context"
	"runtime"
	"time"
)

// heavily runs work that a call waits for, in its turn.
func (s *Service) heavily(ctx context.Context, fn func() error) error {
	s.calls.Add(1)
	defer s.calls.Add(-1)
	return s.sparing(ctx, fn)
}

// sparing is Heavily for work that nobody has called for.
func (s *Service) sparing(ctx context.Context, fn func() error) error {
	if !s.searches.recent() {
		return fn()
	}
	select {
	case s.heavy <- struct{}{}:
		defer func() { <-s.heavy }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heavyPlaces is how much heavy work runs at a time while somebody searches.
func heavyPlaces() int { return max(runtime.GOMAXPROCS(0)-1, 1) }

// yieldPause is how long an adder sleeps to let others have its core. How short it is
// matters little: where the core is idle then, Linux makes a millisecond of it.
const yieldPause = 50 * time.Microsecond

// yield lets others have the core of an adder. Gosched alone is not enough while calls
// are under way and somebody searches: as long as the scheduler has a goroutine that can
// run, be it the adder, it looks at the network once in ten milliseconds, and a search
// that has come waits there unseen. A goroutine that sleeps makes it look. With no call
// under way another core is idle, and looks all the time.
func (s *Service) yield() {
	if s.calls.Load() > 0 && s.searches.recent() {
		time.Sleep(yieldPause)
		return
	}
	runtime.Gosched()
}
