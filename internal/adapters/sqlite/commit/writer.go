package commit

import (
	"time"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/health"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
)

// Config is what a Writer works with.
type Config struct {
	File   *conn.File
	Pool   *conn.Pool
	Calls  *conn.Calls
	Health *health.Problems
	// InPlace returns an error if the data file was moved: then nothing may be written.
	InPlace func() error
	// Tasks are the maintenance that is done between transactions, in this order.
	Tasks maintenance.Tasks
	// Reserve keeps room for what frees space.
	Reserve diskfile.Reserve

	WriteProtected bool // the writer never starts
	PageSize       int
	SchemaVersion  int           // of the file
	Idle           time.Duration // after the last write, before the log is moved into the file
	Pause          time.Duration // after a disk fault, before the next try
	Now            func() time.Time
}

// Writer owns the one connection that writes. What is not safe for concurrent use is
// touched by its goroutine only.
type Writer struct {
	Config
	counters

	queue chan *Request
	done  chan struct{} // closed when run has returned
	err   error         // of closing the connection; set before done is closed

	conn        *conn.Conn // nil after a disk fault, until it is opened again
	faultAt     time.Time
	group       []*Request
	changes     []conn.Change // of the group
	delay       delay
	wake        *time.Timer // fires when no request has come for a while after the last write
	maintenance maintainer
}

// New returns a writer over c, and Start starts its goroutine.
func New(config Config, c *conn.Conn) *Writer {
	w := &Writer{
		Config: config, conn: c, delay: newDelay(), wake: time.NewTimer(0),
		queue: make(chan *Request, maxGroupRequests), done: make(chan struct{}),
	}
	w.maintenance = newMaintainer(w)
	if w.WriteProtected {
		w.readOnly.Store(true)
		w.wake.Stop()
	}
	return w
}

// Start starts the goroutine.
func (w *Writer) Start() { go w.run() }

// Stop ends the goroutine after all that is queued, and closes the connection. No call
// of Do may be in progress or follow.
func (w *Writer) Stop() error {
	if w.WriteProtected { // it was never started
		return nil
	}
	close(w.queue)
	<-w.done
	return w.err
}

// Freed notes, in After of a request, that rows were deleted.
func (w *Writer) Freed() { w.maintenance.countPages.Want() }

// run serves requests, and does maintenance while there are none.
func (w *Writer) run() {
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
		w.maintenance.turn(r == nil)
	}
}

// next waits for a request, or returns nil when it is time for maintenance.
func (w *Writer) next() (r *Request, open bool) {
	if w.maintenance.busy() {
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
	case <-w.wake.C:
		return nil, true
	}
}

// commit runs first and whatever else is queued in one transaction.
func (w *Writer) commit(first *Request) {
	w.group = w.group[:0]
	defer w.Pool.Snapshots.End()
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

// finish closes the connection at the end.
func (w *Writer) finish() error {
	w.wake.Stop()
	w.delay.timer.Stop()
	_ = w.Reserve.Close() // the next store finds it
	if w.conn == nil {
		return nil
	}
	return w.conn.Close()
}
