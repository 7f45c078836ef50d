// Package lease lets one process of a cluster at a time write the chunks of a database that are
// there, or may be.
package lease

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// A lease on a database is a lock of the cluster that one process has while it writes chunks
// which are there, or may be: chunks with keys, changes and deletes. Calls of one process follow
// each other under it. It is kept for a moment, since the next call often comes soon.
const (
	leaseIdle   = 200 * time.Millisecond // how long it is kept without use
	leaseMargin = 4 * time.Second        // how much of its time a call has to have before it begins
	leaseWait   = 30 * time.Second       // how long a call waits for it
)

// Leases are those on databases that this process has. They are safe for concurrent use.
type Leases struct {
	cluster ports.Cluster

	mu  sync.Mutex       // guards all
	all map[int64]*lease // by numbers of databases
}

// New returns Leases that are locks of c. None is had yet.
func New(c ports.Cluster) *Leases { return &Leases{cluster: c, all: map[int64]*lease{}} }

// lease is one database's.
type lease struct {
	turn  chan struct{} // holds the call that uses it
	users int           // calls that have it or wait for it; guarded by Leases.mu

	// What follows is of whoever has the turn.
	until  time.Time
	held   func() bool
	unlock func() // nil: this process does not have it
	idle   *time.Timer
}

// Take waits for the lease on the database of a number; it is domain.ErrBusy if others keep it.
// ctx, of the writes under it, ends before it does; done gives it back.
func (l *Leases) Take(ctx context.Context, number int64) (under context.Context, done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, leaseWait)
	one := l.use(number)
	leave := func() {
		cancel()
		l.drop(one, number)
	}
	select {
	case one.turn <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, nil, domain.Errorf(domain.ErrBusy, "others write to the database: try again in a moment")
	}
	if one.idle != nil && one.idle.Stop() {
		l.drop(one, number)
	}
	if err := l.renew(ctx, one, number); err != nil {
		<-one.turn
		leave()
		return nil, nil, err
	}
	under, end := context.WithDeadline(ctx, one.until)
	return under, func() {
		end()
		l.use(number)
		one.idle = time.AfterFunc(leaseIdle, func() { l.letGo(one, number) })
		<-one.turn
		leave()
	}, nil
}

// use returns the lease on a database, with one user more.
func (l *Leases) use(number int64) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.all[number]
	if one == nil {
		one = &lease{turn: make(chan struct{}, 1)}
		l.all[number] = one
	}
	one.users++
	return one
}

// drop notes that a user of the lease has ended. One without users is not had either.
func (l *Leases) drop(one *lease, number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(l.all, number)
	}
}

// renew sees to it that the lease has enough of its time left.
func (l *Leases) renew(ctx context.Context, one *lease, number int64) error {
	if one.unlock != nil && one.held() && time.Until(one.until) > leaseMargin {
		return nil
	}
	one.end()
	began := time.Now()
	held, unlock, err := l.cluster.Lock(ctx, "database_"+strconv.FormatInt(number, 36))
	if err != nil {
		return err
	}
	one.held, one.unlock, one.until = held, unlock, began.Add(ports.LockTime)
	return nil
}

// end gives the lease up, if this process has it.
func (o *lease) end() {
	if o.unlock != nil {
		o.unlock()
		o.unlock = nil
	}
}

// letGo gives up a lease that was not used for a moment, unless somebody has its turn now.
func (l *Leases) letGo(one *lease, number int64) {
	defer l.drop(one, number)
	select {
	case one.turn <- struct{}{}:
		one.end()
		<-one.turn
	default:
	}
}

// Close gives up all leases. No call is under way any more.
func (l *Leases) Close() {
	l.mu.Lock()
	all := maps.Clone(l.all)
	l.mu.Unlock()
	for number, one := range all {
		one.turn <- struct{}{} // after one that is let go at this moment
		if one.idle != nil && one.idle.Stop() {
			l.drop(one, number)
		}
		one.end()
		<-one.turn
	}
}
