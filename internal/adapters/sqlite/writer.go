package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
)

// Bounds of one transaction: past them it is committed although more is queued, so that
// the first waiter in it is not kept for long. 8 MiB are about 20,000 vectors of 100
// components.
const (
	maxGroupRequests = 512
	maxGroupBytes    = 8 << 20
)

// schemaPages is about how many pages are written when the tables of a database are made
// or dropped.
const schemaPages = 5

// faultPause is how long writes are refused after a disk fault before the next one may
// try again.
const faultPause = time.Second

// request is one unit of work for the writer: stored whole or not at all.
type request struct {
	bytes int // roughly, of what it writes

	database string // the only one that it changes; "": it may change all
	schema   bool   // set by run: it makes or drops tables
	frees    bool   // it only deletes, which must be possible on a full disk

	run   func(c *conn) error // inside a savepoint of its own
	after func()              // once it is durable, before its waiter is told
	state atomic.Int32        // waiting, begun or abandoned
	err   error               // set before done is closed
	done  chan struct{}
}

// The states of a request.
const (
	waiting int32 = iota
	begun
	abandoned
)

// writer owns the one connection that writes. Everything but queue, counts and done is
// touched by its goroutine only.
type writer struct {
	store *Store
	queue chan *request
	done  chan struct{} // closed when run has returned
	err   error         // of closing the connection; set before done is closed

	counts counters

	conn    *conn // nil after a disk fault, until it is opened anew
	faultAt time.Time
	group   []*request
	crowd   crowd
	keeper  keeper
	reserve diskfile.Reserve // for what frees space
}

func newWriter(s *Store, c *conn) *writer {
	w := &writer{store: s, conn: c, queue: make(chan *request, maxGroupRequests), done: make(chan struct{})}
	w.crowd = newCrowd()
	if path := s.at.path; path != "" && !s.WriteProtected() {
		w.reserve = diskfile.NewReserve(path+reserveEnd, func() (int64, bool) { return s.options.room(filepath.Dir(path)) })
	}
	w.keeper = newKeeper(w)
	return w
}

// do runs r in the next transaction and waits for it to be durable. If ctx ends before
// the writer has begun r, nothing is stored and do returns ctx.Err().
func (s *Store) do(ctx context.Context, r *request) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.WriteProtected() {
		return writeProtected()
	}
	r.done = make(chan struct{})
	select {
	case s.writer.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		<-r.done
	}
	return classify(r.err)
}

// stop ends the goroutine after all that is queued, and closes the connection. No call
// of do may be under way or follow.
func (w *writer) stop() error {
	if w.store.WriteProtected() { // it was never started
		return nil
	}
	close(w.queue)
	<-w.done
	return w.err
}

// run serves requests, and keeps house while there are none.
func (w *writer) run() {
	defer close(w.done)
	for {
		r, open := w.next()
		if !open {
			w.err = w.finish()
			return
		}
		if r != nil {
			w.commit(r)
		}
		w.keeper.turn(r == nil)
	}
}

// next waits for a request, or returns nil when it is time to keep house.
func (w *writer) next() (r *request, open bool) {
	if w.keeper.busy() {
		select {
		case r, open = <-w.queue:
			return r, open
		default:
			return nil, true
		}
	}
	select {
	case r, open = <-w.queue:
		return r, open
	case <-w.keeper.wake():
		return nil, true
	}
}

// commit runs first and whatever else is queued in one transaction.
func (w *writer) commit(first *request) {
	w.group = w.group[:0]
	defer w.store.moments.end()
	if err := w.transact(first); err != nil {
		w.noteFull(err)
		if freeing := w.freeing(err); len(freeing) > 0 {
			w.abort(err)
			w.commitFreeing(freeing, err)
			return
		}
		w.abort(err)
		return
	}
	w.committed()
}

// committed is told after each commit.
func (w *writer) committed() {
	if len(w.group) == 0 {
		return
	}
	if !w.reserve.Low() {
		w.store.health.passed(domain.ErrDiskFull, "")
	}
	w.counts.committed(w.group, w.store.syncs())
	w.store.moments.committed(w.group)
	w.store.moments.end()
	w.crowd.count(len(w.group) + len(w.queue))
	w.release()
}

// transact makes and commits the transaction. Readers of a store in memory are let in
// again before anyone is told about it.
func (w *writer) transact(first *request) error {
	if g := w.store.gate; g != nil {
		g.Lock()
		defer g.Unlock()
	}
	return w.end(w.fill(first))
}

// end commits the transaction of the group, or takes it back if err, or what it meets
// itself, is an error.
func (w *writer) end(err error) error {
	if err == nil && len(w.group) > 0 {
		err = w.store.inPlace()
	}
	if err == nil && len(w.group) > 0 {
		w.store.moments.begin(w.group)
		began := time.Now()
		err = w.conn.exec("COMMIT")
		if w.store.syncs() {
			w.crowd.took = time.Since(began)
		}
	}
	if err != nil {
		w.rollback(err)
	}
	return err
}

// fill begins a transaction and runs requests in it until the queue is empty, and the
// callers of late have had a moment to come again, or the group is full. An error means that the transaction cannot be committed.
func (w *writer) fill(first *request) error {
	bytes := 0
	w.crowd.begin()
	for r := first; r != nil; r = w.more(bytes) {
		if !r.state.CompareAndSwap(waiting, begun) {
			continue // its caller has left
		}
		if w.reserve.Low() && !r.frees { // what is left of it is for deletes
			w.refuseFull(r)
			continue
		}
		w.group = append(w.group, r)
		if len(w.group) == 1 {
			if err := w.begin(); err != nil {
				return err
			}
		}
		bytes += r.bytes
		if err := w.attempt(r); err != nil {
			return err
		}
		if r.schema {
			bytes += schemaPages * w.store.options.pageSize
		}
	}
	if len(w.group) > 0 {
		w.keeper.wrote(bytes, len(w.group))
	}
	return nil
}

// more returns the next request for the group under way.
func (w *writer) more(bytes int) *request {
	if len(w.group) >= maxGroupRequests || bytes >= maxGroupBytes {
		return nil
	}
	select {
	case r := <-w.queue: // nil once the queue is closed and empty
		return r
	default:
		return w.crowd.next(w.queue, len(w.group))
	}
}

// begin starts a transaction, through a new connection if the last one met a disk fault.
func (w *writer) begin() error {
	if w.conn == nil {
		if err := w.reopen(); err != nil {
			return err
		}
	}
	return w.conn.exec("BEGIN IMMEDIATE")
}

// attempt runs r in a savepoint. What is wrong with r alone is kept in r.err and undone;
// an error returned is one of the whole transaction.
func (w *writer) attempt(r *request) error {
	if err := w.conn.exec("SAVEPOINT request"); err != nil {
		return err
	}
	r.err = r.run(w.conn)
	if r.err == nil {
		return w.conn.exec("RELEASE request")
	}
	if endsTransaction(r.err) {
		return r.err
	}
	if err := w.conn.exec("ROLLBACK TO request"); err != nil {
		return err
	}
	return w.conn.exec("RELEASE request")
}

// release tells the callers of a committed group, in the order of the commit.
func (w *writer) release() {
	for i, r := range w.group {
		if r.err == nil && r.after != nil {
			r.after()
		}
		close(r.done)
		w.group[i] = nil
	}
}

// abort fails every request of a transaction that was rolled back for the reason cause.
func (w *writer) abort(cause error) {
	w.store.moments.giveUp() // a COMMIT that failed may have come to pass
	for i, r := range w.group {
		if r.err == nil {
			r.err = fmt.Errorf("the transaction was not stored: %w", cause)
		}
		w.counts.refused.Add(1)
		close(r.done)
		w.group[i] = nil
	}
}

// rollback ends the transaction after an error. After a disk fault the connection is
// given up: an fsync that failed is never tried again, for the system may have dropped
// the pages that it was for.
func (w *writer) rollback(cause error) {
	if w.conn == nil {
		return
	}
	err := w.conn.exec("ROLLBACK") // fails if SQLite has done it already
	if isDiskFault(cause) || (err != nil && isDiskFault(err)) {
		w.fault()
	}
}

func (w *writer) fault() {
	w.counts.faults.Add(1)
	w.counts.readOnly.Store(true)
	w.store.health.note(domain.ErrReadOnly, "", w.store.options.Now())
	w.faultAt = time.Now()
	w.keeper.timer.Reset(w.store.options.pause)
	_ = w.conn.close() // the fault itself is what the callers are told
	w.conn = nil
}

// reopen makes a new connection after a disk fault, and proves it by moving the whole
// write-ahead log into the file, with fsyncs of both.
func (w *writer) reopen() error {
	if wait := w.store.options.pause - time.Since(w.faultAt); wait > 0 {
		return domain.Errorf(domain.ErrReadOnly, "writes are refused after a disk fault; reads go on, the next try is in %v", wait.Round(time.Millisecond))
	}
	err := w.store.inPlace() // else a new file would be made
	var c *conn
	if err == nil {
		c, err = w.store.openConn(writing)
	}
	if err != nil {
		w.faultAt = time.Now()
		w.keeper.timer.Reset(w.store.options.pause)
		return err
	}
	w.conn = c
	err = w.store.durable(c)
	if err == nil {
		w.store.release()
		_, _, err = w.keeper.checkpoint("TRUNCATE", 0)
	}
	if err != nil {
		w.fault()
		return err
	}
	w.counts.readOnly.Store(false)
	w.store.health.passed(domain.ErrReadOnly, "")
	return nil
}

// finish closes the connection at the end.
func (w *writer) finish() error {
	w.keeper.stop()
	w.crowd.timer.Stop()
	_ = w.reserve.Close() // it is in nobody's way, and found by the next store
	if w.conn == nil {
		return nil
	}
	return w.conn.close()
}
