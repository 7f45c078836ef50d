package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
)

func (t Tail) withDefaults() Tail {
	if t.MaxBytes <= 0 {
		t.MaxBytes = 256 << 20
	}
	if t.MaxWait <= 0 {
		t.MaxWait = 10 * time.Second
	}
	return t
}

// waitForRoom returns when the tail of database id is within its bound. Inserts that
// come faster than the graph can take them are thereby slowed down to its pace, and
// memory does not grow.
func (s *Service) waitForRoom(ctx context.Context, id string) error {
	db := s.lookup(id)
	if db == nil {
		return nil
	}
	var deadline time.Time
	for {
		if !db.crowded(s.tail.MaxBytes) {
			return nil
		}
		if deadline.IsZero() {
			deadline = time.Now().Add(s.tail.MaxWait)
			defer s.counts.beginWait()()
		}
		if time.Now().After(deadline) {
			s.counts.waitRefusals.Add(1)
			return domain.Errorf(domain.ErrBusy, "Database '%s' is indexing what was inserted before: try again in a moment, or insert more slowly", id)
		}
		select {
		case <-time.After(roomPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// crowded reports whether the tail is past its bound and there is a graph to empty it
// into. The tail of a projection that has failed will not shrink, so waiting is no use.
func (d *database) crowded(bound int64) bool {
	p := d.projection.Load()
	return p != nil && p.hasGraph() && p.backlog() > bound && d.failure() == nil
}

// roomPoll is how often a waiting insert looks at the tail: an indexer moves about 50
// vectors meanwhile.
const roomPoll = 5 * time.Millisecond

// waitingInserts is how many inserts wait for room now.
func (s *Service) waitingInserts() int64 { return s.counts.waiting.Load() }

// Tail bounds the vectors of a database that its graph does not have yet. Zero values
// mean the defaults.
type Tail struct {
	// MaxBytes of vectors may wait for the indexer, past it inserts wait too; default
	// 256 MiB. The tail takes up to half as much again until it is compacted.
	MaxBytes int64
	// MaxWait is for how long they do, then they are refused with ErrBusy; default 10 s.
	MaxWait time.Duration
}
