package keylock

import (
	"context"
	"hash/maphash"
)

// Turns lets callers that are about the same thing wait for each other. Things share a few
// turns, so callers about different things may wait as well: it is for work that is worth
// saving, not for exclusion that anything depends on.
type Turns[T comparable] struct {
	seed maphash.Seed
	free [64]chan struct{}
}

// NewTurns returns turns that are all free.
func NewTurns[T comparable]() *Turns[T] {
	t := &Turns[T]{seed: maphash.MakeSeed()}
	for i := range t.free {
		t.free[i] = make(chan struct{}, 1)
	}
	return t
}

// Hold waits for the turn of a thing; release ends it. It returns the error of ctx if that
// ends first.
func (t *Turns[T]) Hold(ctx context.Context, thing T) (release func(), err error) {
	turn := t.free[maphash.Comparable(t.seed, thing)%uint64(len(t.free))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
