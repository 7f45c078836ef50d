package httpapi

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/domain"
)

// Limits bound what requests take at once. Zero values mean the defaults.
type Limits struct {
	// Searches, Writes and Admin are how many requests that read, that write and that
	// administer are worked on at once: 64, 64, 16. A request takes its place when its
	// body is there, so slow senders hold none.
	Searches, Writes, Admin int
	// Queue is how many more of each class wait for a place, 256; what comes on top is
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
		Searches: 64, Writes: 64, Admin: 16, Queue: 256, QueueWait: time.Second,
		BodyMemory: 256 << 20, BodyTimeout: readTimeout, MinBodyRate: 16 << 10,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	l.Searches, l.Writes, l.Admin = orDefault(l.Searches, d.Searches), orDefault(l.Writes, d.Writes), orDefault(l.Admin, d.Admin)
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

// lane is where the requests of one class wait for a place to be worked on.
type lane struct {
	places  chan struct{} // one element per request under way
	queue   int32
	wait    time.Duration
	waiting atomic.Int32
}

func newLane(places, queue int, wait time.Duration) *lane {
	return &lane{places: make(chan struct{}, places), queue: int32(min(max(queue, 0), 1<<20)), wait: wait}
}

var errCrowded = domain.Errorf(domain.ErrBusy, "too many requests at once: try again in a moment")

// crowded reports that a request which came now would be refused.
func (l *lane) crowded() bool {
	return len(l.places) == cap(l.places) && l.waiting.Load() >= l.queue
}

// enter takes a place, waiting for one if the queue is not full; leave gives it back.
func (l *lane) enter(ctx context.Context) error {
	select {
	case l.places <- struct{}{}:
		return nil
	default:
	}
	if l.waiting.Add(1) > l.queue {
		l.waiting.Add(-1)
		return errCrowded
	}
	defer l.waiting.Add(-1)
	limit := time.NewTimer(l.wait)
	defer limit.Stop()
	select {
	case l.places <- struct{}{}:
		return nil
	case <-limit.C:
		return errCrowded
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) leave() { <-l.places }

// gate is what all requests of a handler share.
type gate struct {
	limits        Limits
	lanes         map[domain.Scope]*lane // of routes that are not listed nobody waits
	held          atomic.Int64           // bytes of bodies
	decoder       *compress.Decoder
	compressAbove int // bytes of an answer past which it may be compressed
}

func newGate(l Limits, compressAbove int) *gate {
	l = l.withDefaults()
	return &gate{limits: l, decoder: compress.NewDecoder(), compressAbove: compressAbove, lanes: map[domain.Scope]*lane{
		domain.ScopeRead:  newLane(l.Searches, l.Queue, l.QueueWait),
		domain.ScopeWrite: newLane(l.Writes, l.Queue, l.QueueWait),
		domain.ScopeAdmin: newLane(l.Admin, l.Queue, l.QueueWait),
	}}
}

// enter takes a place for the call; a second time it does nothing.
func (k *call) enter(ctx context.Context) error {
	if k.lane == nil || k.placed {
		return nil
	}
	if err := k.lane.enter(ctx); err != nil {
		return err
	}
	k.placed = true
	return nil
}

// leave gives the call's place back: it is done but for sending its answer.
func (k *call) leave() {
	if k.placed {
		k.placed = false
		k.lane.leave()
		k.lane = nil // there is no second place for one request
	}
}

// hold counts n more bytes of the call's body, until the call ends.
func (k *call) hold(n int) error {
	k.held += int64(n)
	if k.gate.held.Add(int64(n)) > k.gate.limits.BodyMemory {
		return domain.Errorf(domain.ErrBusy, "the requests under way fill the memory for bodies: try again in a moment, or send smaller parts")
	}
	return nil
}

// release counts n bytes of the call's body no longer.
func (k *call) release(n int) {
	k.held -= int64(n)
	k.gate.held.Add(-int64(n))
}

// due is until when a body that began at start and of which n bytes have come must go on.
func (l *Limits) due(start time.Time, n int) time.Time {
	return start.Add(l.BodyTimeout + time.Duration(float64(n)/float64(l.MinBodyRate)*float64(time.Second)))
}
