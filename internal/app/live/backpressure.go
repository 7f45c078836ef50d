package live

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
)

func (t Buffer) withDefaults() Buffer {
	if t.MaxBytes <= 0 {
		t.MaxBytes = 256 << 20
	}
	if t.MaxWait <= 0 {
		t.MaxWait = 10 * time.Second
	}
	return t
}

// WaitForBuffer returns when the buffer of database id is within its bound. Inserts that
// come faster than the graph can take them are thereby slowed down to its pace, and
// memory does not grow.
func (r *Registry) WaitForBuffer(ctx context.Context, id string) error {
	db := r.Lookup(id)
	if db == nil {
		return nil
	}
	var deadline time.Time
	for {
		if !db.bufferFull(r.buffer.MaxBytes) {
			return nil
		}
		if deadline.IsZero() {
			deadline = time.Now().Add(r.buffer.MaxWait)
			defer r.counts.beginWait()()
		}
		if time.Now().After(deadline) {
			r.counts.waitRefusals.Add(1)
			return domain.Errorf(domain.ErrBusy, "Database '%s' is indexing what was inserted before: try again in a moment, or insert more slowly", id)
		}
		select {
		case <-time.After(bufferPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// bufferFull reports whether a buffer is past its bound and there is a graph to empty it
// into. The buffer of an index that has failed will not shrink, so waiting is no use.
func (d *Database) bufferFull(bound int64) bool {
	p := d.index.Load()
	return (p != nil && p.HasGraph() && p.Backlog() > bound || d.named.Backlog() > bound) && d.failure() == nil
}

// bufferPoll is how often a waiting insert looks at the buffer: an indexer moves about 50
// vectors in that time.
const bufferPoll = 5 * time.Millisecond

// WaitingInserts is how many inserts wait for room now.
func (r *Registry) WaitingInserts() int64 { return r.counts.waiting.Load() }

// Buffer bounds the vectors of a database that its graph does not have yet. Zero values
// mean the defaults.
type Buffer struct {
	// MaxBytes of vectors may wait for the indexer, past it inserts wait too; default
	// 256 MiB. The buffer takes up to half as much again until it is compacted.
	MaxBytes int64
	// MaxWait is for how long they do, then they are refused with ErrBusy; default 10 s.
	MaxWait time.Duration
}
