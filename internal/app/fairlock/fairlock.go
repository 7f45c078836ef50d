// Package fairlock shares one resource among many takers: each takes it for a short turn,
// gives it back, and lines up again if it has more to do.
//
// Who is next: of two turns, one goes to whoever has waited longest, the other to whoever
// has least left to do. So with n in line each gets a turn within 2n, however much the
// others have to do, and whoever has little is done soon although others have much.
package fairlock

import (
	"context"
	"sync"
)

// Lock is taken in turns. Its zero value is ready for use, and it is safe for
// concurrent use.
type Lock struct {
	mu       sync.Mutex // guards all below
	taken    bool
	smallest bool      // the next turn goes to whoever has least left
	waiting  []*waiter // in the order in which they came
}

type waiter struct {
	left  int
	given chan struct{} // closed, with Lock.mu held, when it has its turn
}

// Take returns when it is the caller's turn, which has left to do, in a unit that all
// share, or with ctx's error. The caller calls done once at the end of the turn.
func (l *Lock) Take(ctx context.Context, left int) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	if !l.taken {
		l.taken = true
		l.mu.Unlock()
		return l.next, nil
	}
	w := &waiter{left: left, given: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	select {
	case <-w.given:
		return l.next, nil
	case <-ctx.Done():
	}
	if !l.leave(w) {
		l.next() // it was given the turn meanwhile
	}
	return nil, ctx.Err()
}

// Waiting returns how many wait for their turn.
func (l *Lock) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// leave takes w out of the line; it reports false if w is not in it any more.
func (l *Lock) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.waiting {
		if other == w {
			l.remove(i)
			return true
		}
	}
	return false
}

// next ends a turn and gives the next.
func (l *Lock) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.taken = false
		return
	}
	at := 0
	if l.smallest {
		for i, w := range l.waiting {
			if w.left < l.waiting[at].left {
				at = i
			}
		}
	}
	l.smallest = !l.smallest
	w := l.waiting[at]
	l.remove(at)
	close(w.given)
}

// remove takes the waiter at i out of the line; l.mu is held.
func (l *Lock) remove(i int) {
	l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
}
