package commit

import (
	"context"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// Request is one unit of work for the writer: stored whole or not at all.
type Request struct {
	Bytes    int    // roughly, of what it writes
	Database string // the only one that it changes; "": it may change all
	Schema   bool   // it makes or drops tables; Run may set it
	Frees    bool   // it only deletes, which must be possible on a full disk

	Run   func(c *conn.Conn) error // inside a savepoint of its own
	After func()                   // once it is durable, on the writer's goroutine, before Do returns

	state atomic.Int32  // waiting, begun or abandoned
	err   error         // set before done is closed
	done  chan struct{} // closed when it is decided
}

// The states of a request.
const (
	waiting int32 = iota
	begun
	abandoned
)

// Do runs r in the next transaction and waits for it to be durable. If ctx ends before
// the writer has begun r, nothing is stored and Do returns ctx.Err().
func (w *Writer) Do(ctx context.Context, r *Request) error {
	if err := w.Calls.Enter(); err != nil {
		return err
	}
	defer w.Calls.Leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.WriteProtected {
		return domain.Errorf(domain.ErrWriteProtected, "%s", domain.Problem{Kind: domain.ErrWriteProtected}.Message())
	}
	r.done = make(chan struct{})
	select {
	case w.queue <- r:
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
	return conn.Classify(r.err)
}

// Queued is how many requests wait for the writer.
func (w *Writer) Queued() int { return len(w.queue) }

// change is what r changes.
func (r *Request) change() conn.Change { return conn.Change{Database: r.Database, Schema: r.Schema} }
