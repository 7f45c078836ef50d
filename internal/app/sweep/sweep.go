// Package sweep deletes rows that have expired. No one sees them before that, so nothing
// hurries.
package sweep

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	every = time.Second
	// most is how many rows one batch deletes: a few milliseconds of the writer.
	most = 256
)

// Sweeper deletes expired rows.
type Sweeper struct {
	Repository ports.Expirer
	Write      func(context.Context, domain.Batch) (domain.Commit, error)
	Now        func() time.Time

	Rounds, Faults atomic.Uint64 // that deleted something, or could not
	Swept          atomic.Uint64 // chunks deleted
}

// Run deletes expired rows until ctx ends. What fails (a full disk, say) is tried again:
// whoever writes is notified of it, and no search sees the rows.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for {
			n, err := s.Step(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				s.Faults.Add(1)
			case n > 0:
				s.Rounds.Add(1)
			}
			if err != nil || n < most {
				break
			}
		}
	}
}

// Step deletes the rows that expired longest ago, at most 256, and returns how many it has
// deleted. It writes through the change sequence like any other delete, so what it has
// deleted does not come back after a crash; a chunk that was written again concurrently, and
// expires later or never, stays.
func (s *Sweeper) Step(ctx context.Context) (n int, err error) {
	now := s.Now()
	due, err := s.Repository.Due(ctx, now, most)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		b := domain.Batch{Database: d.Database, Delete: d.IDs, At: now, ExpiredOnly: true}
		c, err := s.Write(ctx, b)
		if err != nil {
			return n, err
		}
		s.Swept.Add(uint64(len(c.Deleted)))
		n += len(c.Deleted)
	}
	return n, nil
}
