package live

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
)

// When rows that have expired are deleted. No one sees them before that, so nothing hurries.
const (
	expireEvery = time.Second
	// expireStep is how many rows one batch deletes: a few milliseconds of the writer.
	expireStep = 256
)

// deleteExpiredUntil deletes expired rows until ctx ends. What fails (a full disk, say) is tried
// again: whoever writes is notified of it, and no search sees the rows.
func (r *Registry) deleteExpiredUntil(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for {
			n, err := r.deleteExpired(ctx)
			if n > 0 || err != nil && ctx.Err() == nil {
				count(&r.counts.sweeps, &r.counts.sweepFaults, err)
			}
			if err != nil || n < expireStep {
				break
			}
		}
	}
}

// deleteExpired deletes the rows that expired longest ago, up to expireStep, and returns how many
// it has deleted. It writes through the change sequence like any other delete, so what it has
// deleted does not come back after a crash; a chunk that was written again concurrently, and
// expires later or never, stays.
func (r *Registry) deleteExpired(ctx context.Context) (n int, err error) {
	now := r.now()
	due, err := r.repo.Due(ctx, now, expireStep)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		b := domain.Batch{Database: d.Database, Delete: d.IDs, At: now, ExpiredOnly: true}
		c, err := r.Write(ctx, b)
		if err != nil {
			return n, err
		}
		r.counts.swept.Add(uint64(len(c.Deleted)))
		n += len(c.Deleted)
	}
	return n, nil
}
