package lease

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// locks are the locks of a cluster in memory, of several processes.
type locks struct {
	ports.Cluster
	mu    sync.Mutex
	had   map[string]bool
	taken int
	fail  error
}

func newLocks() *locks { return &locks{had: map[string]bool{}} }

func (c *locks) Lock(ctx context.Context, name string) (held func() bool, unlock func(), err error) {
	for {
		c.mu.Lock()
		if c.fail != nil {
			defer c.mu.Unlock()
			return nil, nil, c.fail
		}
		if !c.had[name] {
			c.had[name] = true
			c.taken++
			c.mu.Unlock()
			until := time.Now().Add(ports.LockTime)
			return func() bool { return time.Now().Before(until) }, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if !c.had[name] {
					panic("a lock is given up twice")
				}
				c.had[name] = false
			}, nil
		}
		c.mu.Unlock()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, nil, domain.Errorf(domain.ErrBusy, "somebody else has it")
		}
	}
}

func (c *locks) count() (had, taken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, is := range c.had {
		if is {
			had++
		}
	}
	return had, c.taken
}

// known is how many leases l remembers.
func (l *Leases) known() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

func take(t *testing.T, l *Leases, number int64) (under context.Context, done func()) {
	t.Helper()
	under, done, err := l.Take(t.Context(), number)
	if err != nil {
		t.Fatalf("Take(%d) = %v; want nil", number, err)
	}
	return under, done
}

func TestALeaseIsKeptForAMomentAndThenLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newLocks()
		l := New(c)
		for range 5 {
			_, done := take(t, l, 7)
			done()
			time.Sleep(leaseIdle / 2)
		}
		if had, taken := c.count(); had != 1 || taken != 1 {
			t.Errorf("%d locks are had, %d were taken; want one, once", had, taken)
		}
		time.Sleep(leaseIdle)
		synctest.Wait()
		if had, _ := c.count(); had != 0 || l.known() != 0 {
			t.Errorf("%d locks are had, %d leases known after the idle time; want none", had, l.known())
		}
	})
}

func TestWritesEndBeforeTheirLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newLocks()
		l := New(c)
		began := time.Now()
		under, done := take(t, l, 1)
		if end, ok := under.Deadline(); !ok || end.After(began.Add(ports.LockTime)) {
			t.Errorf("writes may go on until %v; want at most %v after the lease", end.Sub(began), ports.LockTime)
		}
		time.Sleep(ports.LockTime - leaseMargin/2) // little of it is left for the next call
		done()
		under, done = take(t, l, 1)
		if end, _ := under.Deadline(); time.Until(end) < leaseMargin {
			t.Errorf("a call begins with %v; want at least %v", time.Until(end), leaseMargin)
		}
		done()
		l.Close()
	})
}

func TestALeaseOfAnotherProcessIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newLocks()
		one, other := New(c), New(c)
		_, done := take(t, one, 3)
		if _, _, err := other.Take(t.Context(), 3); !errors.Is(err, domain.ErrBusy) {
			t.Errorf("Take() beside another process = %v; want ErrBusy", err)
		}
		done()
		_, done = take(t, other, 3)
		done()
		one.Close()
		other.Close()
		if had, _ := c.count(); had != 0 || one.known()+other.known() != 0 {
			t.Errorf("%d locks are had, %d leases known after Close; want none", had, one.known()+other.known())
		}
	})
}

func TestAClusterThatFailsIsAskedAgain(t *testing.T) {
	c := newLocks()
	l := New(c)
	c.fail = domain.Errorf(domain.ErrUnavailable, "no")
	if _, _, err := l.Take(t.Context(), 1); !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("Take() = %v; want ErrUnavailable", err)
	}
	if l.known() != 0 {
		t.Errorf("%d leases are known after a failure; want none", l.known())
	}
	c.fail = nil
	_, done := take(t, l, 1)
	done()
	l.Close()
}

// TestOneWriterAtATime has two processes with many calls write to few databases, about as far
// apart as a lease is kept.
func TestOneWriterAtATime(t *testing.T) {
	c := newLocks()
	var writers [3]struct {
		sync.Mutex
		n int
	}
	var group sync.WaitGroup
	processes := []*Leases{New(c), New(c)}
	for i := range 12 {
		group.Go(func() {
			for j := range 12 {
				number := (i + j) % len(writers)
				_, done, err := processes[i%2].Take(t.Context(), int64(number))
				if err != nil {
					t.Errorf("Take(%d) = %v; want nil", number, err)
					return
				}
				w := &writers[number]
				if !w.TryLock() {
					t.Errorf("two write to database %d", number)
				} else {
					w.n++
					time.Sleep(time.Millisecond)
					w.Unlock()
				}
				done()
				if j%4 == 0 {
					time.Sleep(leaseIdle)
				}
			}
		})
	}
	group.Wait()
	for _, l := range processes {
		l.Close()
	}
	if had, _ := c.count(); had != 0 {
		t.Errorf("%d locks are had in the end; want none", had)
	}
}
