// Package governor leaves one core to searches while there are any: heavy work runs in
// fewer places then, and indexers let others have their core now and then.
package governor

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// Governor is safe for concurrent use.
type Governor struct {
	searched atomic.Int64  // nanoseconds since start of the last search; 0: none was
	calls    atomic.Int64  // under way
	slots    chan struct{} // one element per piece of heavy work, while someone searches
}

// New returns a Governor for the cores of this process.
func New() *Governor {
	return &Governor{slots: make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1))}
}

var start = time.Now()

// searchPause is how long after a search another one is expected.
const searchPause = 200 * time.Millisecond

// Enter notes that a call is under way, until Leave.
func (g *Governor) Enter() { g.calls.Add(1) }

// Leave ends what Enter began.
func (g *Governor) Leave() { g.calls.Add(-1) }

// NoteSearch notes that a search is under way, and that another one is expected.
func (g *Governor) NoteSearch() { g.searched.Store(int64(time.Since(start)) + 1) }

// Searching reports whether a search was noted of late.
func (g *Governor) Searching() bool {
	last := g.searched.Load()
	return last != 0 && time.Since(start)-time.Duration(last) < searchPause
}

// Throttle runs fn, which keeps a core busy for milliseconds and waits for nothing. While
// someone searches, all of that work together leaves one core free, for which fn may have
// to wait; if ctx ends before, fn is not run and Throttle returns ctx.Err().
func (g *Governor) Throttle(ctx context.Context, fn func() error) error {
	if !g.Searching() {
		return fn()
	}
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// yieldPause is how long Yield sleeps to let others have the core. How short it is
// matters little: where the core is idle then, Linux makes a millisecond of it.
const yieldPause = 50 * time.Microsecond

// Yield lets others have the core of background work. Gosched alone is not enough while
// calls are under way and someone searches: as long as the scheduler has a goroutine that
// can run, it looks at the network once in ten milliseconds, and a search that has come
// waits there unseen. A goroutine that sleeps makes it look. With no call under way another
// core is idle, and looks all the time.
func (g *Governor) Yield() {
	if g.calls.Load() > 0 && g.Searching() {
		time.Sleep(yieldPause)
		return
	}
	runtime.Gosched()
}

// Workers is how many goroutines background work may have: all cores, but for one as long
// as someone searches. (A search that finds every core busy waits for the scheduler, not
// for a lock.)
func (g *Governor) Workers() int {
	n := runtime.GOMAXPROCS(0)
	if g.Searching() {
		n--
	}
	return max(n, 1)
}

// KeepSearching makes g believe that someone searches all the time, until done is called.
// It is for tests.
func (g *Governor) KeepSearching() (done func()) {
	const ever = 1 << 62
	g.Enter()
	g.searched.Store(ever)
	return func() {
		g.searched.Store(0)
		g.Leave()
	}
}
