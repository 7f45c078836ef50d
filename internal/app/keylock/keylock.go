// Package keylock has a mutex, and a gate for writers, for each of any number of names.
package keylock

import (
	"context"
	"sync"
)

// Locks are the mutexes of all names. The zero value is ready for use, and it is safe for
// concurrent use.
type Locks struct {
	mu   sync.Mutex // guards held
	held map[string]*lock
}

type lock struct {
	users int // who hold it or wait for it; guarded by Locks.mu
	taken chan struct{}
}

// Lock returns when the caller alone holds the mutex of name, or with ctx's error. The
// caller calls unlock once.
func (l *Locks) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k := l.use(name)
	select {
	case k.taken <- struct{}{}:
		return func() { l.release(name, k) }, nil
	case <-ctx.Done():
		l.leave(name, k)
		return nil, ctx.Err()
	}
}

// TryLock is Lock without waiting; ok is false if somebody holds the mutex.
func (l *Locks) TryLock(name string) (unlock func(), ok bool) {
	k := l.use(name)
	select {
	case k.taken <- struct{}{}:
		return func() { l.release(name, k) }, true
	default:
		l.leave(name, k)
		return nil, false
	}
}

func (l *Locks) use(name string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.held[name]
	if k == nil {
		if l.held == nil {
			l.held = map[string]*lock{}
		}
		k = &lock{taken: make(chan struct{}, 1)}
		l.held[name] = k
	}
	k.users++
	return k
}

func (l *Locks) release(name string, k *lock) {
	<-k.taken
	l.leave(name, k)
}

// leave forgets a mutex that nobody uses any more.
func (l *Locks) leave(name string, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.held, name)
	}
}
