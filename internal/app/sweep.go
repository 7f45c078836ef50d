package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// When rows that have expired are deleted. Nobody sees them meanwhile, so nothing hurries.
const (
	sweepEvery = time.Second
	// sweepStep is how many rows one batch deletes: a few milliseconds of the writer.
	sweepStep = 256
)

// sweepUntil deletes expired rows until ctx ends. What fails (a full disk, say) is tried
// again: whoever writes is told of it, and no search sees the rows.
func (s *Service) sweepUntil(ctx context.Context) {
	repo, ok := s.repo.(ports.Expirer)
	if !ok {
		return
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for {
			n, err := s.sweep(ctx, repo)
			if n > 0 || err != nil && ctx.Err() == nil {
				count(&s.counts.sweeps, &s.counts.sweepFaults, err)
			}
			if err != nil || n < sweepStep {
				break
			}
		}
	}
}

// sweep deletes the rows that expired longest ago, up to sweepStep, and returns how many
// it has deleted. It writes through the change sequence like any other delete, so what it has
// deleted does not come back after a crash; a chunk that was written again meanwhile, and
// expires later or never, stays.
func (s *Service) sweep(ctx context.Context, repo ports.Expirer) (n int, err error) {
	now := s.now()
	due, err := repo.Due(ctx, now, sweepStep)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		b := domain.Batch{Database: d.Database, Delete: d.IDs, At: now, ExpiredOnly: true}
		c, err := s.write(ctx, b)
		if err != nil {
			return n, err
		}
		s.counts.swept.Add(uint64(len(c.Deleted)))
		n += len(c.Deleted)
	}
	return n, nil
}
