package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/memista/memista/test/bench/rest"
)

// openLoop calls do at the times that next sets, whatever has become of the calls before,
// as long as more says so, and returns how long after its time each call was done. A
// server that stalls makes all calls late that were due meanwhile, and they count as late:
// callers of a real server do not wait for each other either.
func openLoop(ctx context.Context, next func() time.Duration, more func(i int) bool, do func(i int) error) ([]time.Duration, error) {
	var (
		calls sync.WaitGroup
		mu    sync.Mutex // guards late and failed
		late  []time.Duration
		fault error
	)
	failed := func() error {
		mu.Lock()
		defer mu.Unlock()
		return fault
	}
	due := time.Now()
	for i := 0; more(i) && failed() == nil && ctx.Err() == nil; i++ {
		at := due
		due = due.Add(next())
		time.Sleep(time.Until(at))
		calls.Go(func() {
			err := do(i)
			took := time.Since(at)
			mu.Lock()
			defer mu.Unlock()
			late, fault = append(late, took), errors.Join(fault, err)
		})
	}
	calls.Wait()
	return late, errors.Join(fault, ctx.Err())
}

// evenly is one call every so often.
func evenly(perSecond float64) func() time.Duration {
	return func() time.Duration { return time.Duration(float64(time.Second) / perSecond) }
}

// randomly is calls of callers who know nothing of each other: a Poisson process.
func randomly(perSecond float64, rng *rand.Rand) func() time.Duration {
	return func() time.Duration { return time.Duration(rng.ExpFloat64() * float64(time.Second) / perSecond) }
}

// pool keeps connections for the calls of an open loop, as many as there were at a time.
type pool struct {
	addr string
	mu   sync.Mutex // guards free
	free []*rest.Conn
}

func (p *pool) take() *rest.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return rest.New(p.addr)
	}
	c := p.free[n-1]
	p.free = p.free[:n-1]
	return c
}

func (p *pool) give(c *rest.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, c)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.free {
		c.Close()
	}
}
