package commit

import (
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
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

// transact makes and commits the transaction. Readers of a store in memory are let in
// again before any caller is notified.
func (w *Writer) transact(first *Request) error {
	w.Pool.Lock()
	defer w.Pool.Unlock()
	return w.end(w.fill(first))
}

// end commits the transaction of the group, or rolls it back if err, or what it meets
// itself, is an error.
func (w *Writer) end(err error) error {
	if err == nil && len(w.group) > 0 {
		err = w.InPlace()
	}
	if err == nil && len(w.group) > 0 {
		w.Pool.Snapshots.Begin(w.noteChanges())
		began := time.Now()
		err = w.conn.Exec("COMMIT")
		if w.File.Syncs() {
			w.delay.took = time.Since(began)
		}
	}
	if err != nil {
		w.rollback(err)
	}
	return err
}

// noteChanges lists what the group changes.
func (w *Writer) noteChanges() []conn.Change {
	w.changes = w.changes[:0]
	for _, r := range w.group {
		if r.err == nil {
			w.changes = append(w.changes, r.change())
		}
	}
	return w.changes
}

// fill begins a transaction and runs requests in it until the queue is empty and the
// group-commit delay is over, or the group is full. An error means that the transaction
// cannot be committed.
func (w *Writer) fill(first *Request) error {
	bytes := 0
	w.delay.begin()
	for r := first; r != nil; r = w.more(bytes) {
		if !r.state.CompareAndSwap(waiting, begun) {
			continue // its caller has left
		}
		if w.Reserve.Low() && !r.Frees { // what is left of it is for deletes
			w.refuseFull(r)
			continue
		}
		w.group = append(w.group, r)
		if len(w.group) == 1 {
			if err := w.begin(); err != nil {
				return err
			}
		}
		bytes += r.Bytes
		if err := w.attempt(r); err != nil {
			return err
		}
		if r.Schema {
			bytes += schemaPages * w.PageSize
		}
	}
	if len(w.group) > 0 {
		w.maintenance.wrote(bytes, len(w.group))
	}
	return nil
}

// more returns the next request for the current group.
func (w *Writer) more(bytes int) *Request {
	if len(w.group) >= maxGroupRequests || bytes >= maxGroupBytes {
		return nil
	}
	select {
	case r := <-w.queue: // nil once the queue is closed and empty
		return r
	default:
		return w.delay.next(w.queue, len(w.group))
	}
}

// begin starts a transaction, through a new connection if the last one met a disk fault.
func (w *Writer) begin() error {
	if w.conn == nil {
		if err := w.reopen(); err != nil {
			return err
		}
	}
	return w.conn.Exec("BEGIN IMMEDIATE")
}

// attempt runs r in a savepoint. What is wrong with r alone is kept in r.err and undone;
// an error returned is one of the whole transaction.
func (w *Writer) attempt(r *Request) error {
	if err := w.conn.Exec("SAVEPOINT request"); err != nil {
		return err
	}
	r.err = r.Run(w.conn)
	if r.err == nil {
		return w.conn.Exec("RELEASE request")
	}
	if conn.EndsTransaction(r.err) {
		return r.err
	}
	if err := w.conn.Exec("ROLLBACK TO request"); err != nil {
		return err
	}
	return w.conn.Exec("RELEASE request")
}

// notify wakes the callers of a committed group, in the order of the commit.
func (w *Writer) notify() {
	for i, r := range w.group {
		if r.err == nil && r.Schema {
			w.maintenance.schema = true
		}
		if r.err == nil && r.After != nil {
			r.After()
		}
		close(r.done)
		w.group[i] = nil
	}
}

// abort fails every request of a transaction that was rolled back for the reason cause.
func (w *Writer) abort(cause error) {
	w.Pool.Snapshots.Expire() // a COMMIT that failed may have taken effect
	for i, r := range w.group {
		if r.err == nil {
			r.err = fmt.Errorf("the transaction was not stored: %w", cause)
		}
		w.refused.Add(1)
		close(r.done)
		w.group[i] = nil
	}
}

// committed follows each commit.
func (w *Writer) committed() {
	if len(w.group) == 0 {
		return
	}
	if !w.Reserve.Low() {
		w.Health.Resolve(domain.ErrDiskFull, "")
	}
	w.countGroup(w.group, w.File.Syncs())
	w.Pool.Snapshots.Committed(w.changes)
	w.Pool.Snapshots.End()
	w.delay.count(len(w.group) + len(w.queue))
	w.notify()
}

// refuseFull fails a request that would store something on a full disk.
func (w *Writer) refuseFull(r *Request) {
	r.err = domain.Errorf(domain.ErrDiskFull, "%s", domain.Problem{Kind: domain.ErrDiskFull}.Message())
	w.refused.Add(1)
	close(r.done)
}
