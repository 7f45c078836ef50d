package web

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/waiting"
)

// Limits bound what requests take at once. Zero values mean the defaults.
type Limits struct {
	// Searches, Writes and Admin are how many requests that read, that write and that
	// administer are worked on at once: 64, 64, 16. A request takes its slot when its
	// body has arrived, so slow senders hold none.
	Searches, Writes, Admin int
	// Waiting is how many more wait for an embedder or a reranker of another process, without
	// a slot meanwhile: 256. What comes on top is answered 429.
	Waiting int
	// Queue is how many more of each class wait for a slot, 256; what comes on top is
	// answered 429 before its body is read. Negative: none wait.
	Queue int
	// QueueWait is how long they wait before they are answered 429: 1 s.
	QueueWait time.Duration
	// BodyMemory bounds the bytes of all request bodies that are held: 256 MiB.
	BodyMemory int64
	// BodyTimeout is how long a body may take, besides a second for each MinBodyRate
	// bytes of it that have come: 15 s, 16 KiB.
	BodyTimeout time.Duration
	MinBodyRate int64
}

// DefaultLimits are the limits where nothing is configured.
func DefaultLimits() Limits {
	return Limits{
		Searches: 64, Writes: 64, Admin: 16, Waiting: 256, Queue: 256, QueueWait: time.Second,
		BodyMemory: 256 << 20, BodyTimeout: readTimeout, MinBodyRate: 16 << 10,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	l.Searches, l.Writes, l.Admin = orDefault(l.Searches, d.Searches), orDefault(l.Writes, d.Writes), orDefault(l.Admin, d.Admin)
	l.Waiting = orDefault(l.Waiting, d.Waiting)
	if l.Queue == 0 {
		l.Queue = d.Queue
	}
	l.QueueWait = orDefault(l.QueueWait, d.QueueWait)
	l.BodyMemory = orDefault(l.BodyMemory, d.BodyMemory)
	l.BodyTimeout = orDefault(l.BodyTimeout, d.BodyTimeout)
	l.MinBodyRate = orDefault(l.MinBodyRate, d.MinBodyRate)
	return l
}

// orDefault returns v if it is above zero, else def.
func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// bodyDeadline is until when a body that began at start and of which n bytes have come
// must go on.
func (l *Limits) bodyDeadline(start time.Time, n int) time.Time {
	return start.Add(l.BodyTimeout + time.Duration(float64(n)/float64(l.MinBodyRate)*float64(time.Second)))
}

// concurrencyLimiter bounds how many requests of one class are worked on at once.
type concurrencyLimiter struct {
	slots   chan struct{} // one element per request under way
	queue   int32
	wait    time.Duration
	waiting atomic.Int32
}

func newConcurrencyLimiter(slots, queue int, wait time.Duration) *concurrencyLimiter {
	return &concurrencyLimiter{slots: make(chan struct{}, slots), queue: int32(min(max(queue, 0), 1<<20)), wait: wait}
}

var errTooMany = domain.Errorf(domain.ErrBusy, "too many requests at once: try again in a moment")

// full reports that a request which came now would be refused.
func (l *concurrencyLimiter) full() bool {
	return len(l.slots) == cap(l.slots) && l.waiting.Load() >= l.queue
}

// acquire takes a slot, waiting for one if the queue is not full; release gives it back.
func (l *concurrencyLimiter) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	if l.waiting.Add(1) > l.queue {
		l.waiting.Add(-1)
		return errTooMany
	}
	defer l.waiting.Add(-1)
	limit := time.NewTimer(l.wait)
	defer limit.Stop()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-limit.C:
		return errTooMany
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *concurrencyLimiter) release() { <-l.slots }

// load is what the requests of a handler take at once.
type load struct {
	limits    Limits
	limiters  map[domain.Scope]*concurrencyLimiter // requests of other scopes need no slot
	waiting   chan struct{}                        // one element per request that waits for another process
	bodyBytes atomic.Int64
	decoder   *compress.Decoder
}

func newLoad(l Limits) *load {
	l = l.withDefaults()
	return &load{limits: l, decoder: compress.NewDecoder(), waiting: make(chan struct{}, l.Waiting), limiters: map[domain.Scope]*concurrencyLimiter{
		domain.ScopeRead:  newConcurrencyLimiter(l.Searches, l.Queue, l.QueueWait),
		domain.ScopeWrite: newConcurrencyLimiter(l.Writes, l.Queue, l.QueueWait),
		domain.ScopeAdmin: newConcurrencyLimiter(l.Admin, l.Queue, l.QueueWait),
	}}
}

// acquire takes a slot for the call; a second time it does nothing.
func (c *Call) acquire() error {
	if c.limiter == nil || c.slot {
		return nil
	}
	if err := c.limiter.acquire(c.Context()); err != nil {
		return err
	}
	c.slot = true
	return nil
}

// release gives back the call's slot: what is left to do is to send its answer.
func (c *Call) release() {
	if c.slot {
		c.slot = false
		c.limiter.release()
		c.limiter = nil // there is no second slot for one request
	}
}

// Patient returns the context of the call for what may wait for another process: meanwhile
// the call gives back its slot. See package waiting.
func (c *Call) Patient() context.Context { return waiting.With(c.Context(), (*slotHolder)(c)) }

// slotHolder is a call whose slot can be given back for a while.
type slotHolder Call

var errTooManyWaiting = domain.Errorf(domain.ErrBusy, "too many requests wait for embedders and rerankers: try again in a moment")

// Release implements waiting.Holder.
func (c *slotHolder) Release() error {
	if !c.slot {
		return nil
	}
	select {
	case c.h.load.waiting <- struct{}{}:
	default:
		return errTooManyWaiting
	}
	c.slot, c.waits = false, true
	c.limiter.release()
	return nil
}

// Regain implements waiting.Holder.
func (c *slotHolder) Regain(ctx context.Context) error {
	if !c.waits {
		return nil
	}
	c.waits = false
	<-c.h.load.waiting
	if err := c.limiter.acquire(ctx); err != nil {
		return err
	}
	c.slot = true
	return nil
}

// Become makes the call, whose body has been read, one of scope: of a route that can do what
// needs different scopes. It is an error if the caller's key has not that scope. The slot of
// the route is given back for one of those that scope has.
func (c *Call) Become(scope domain.Scope) error {
	if !c.Allows(scope) {
		return errScope[scope]
	}
	c.release()
	c.limiter = c.h.load.limiters[scope]
	return c.acquire()
}

// takeMemory counts n more bytes of the call's body, until the call ends.
func (c *Call) takeMemory(n int) error {
	c.held += int64(n)
	if c.h.load.bodyBytes.Add(int64(n)) > c.h.load.limits.BodyMemory {
		return domain.Errorf(domain.ErrBusy, "the requests under way fill the memory for bodies: try again in a moment, or send smaller parts")
	}
	return nil
}

// freeMemory counts n bytes of the call's body no longer.
func (c *Call) freeMemory(n int64) {
	c.held -= n
	c.h.load.bodyBytes.Add(-n)
}
