package app

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

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

// live reads the chunks of info that sel names and that have not expired.
func (s *Service) live(ctx context.Context, info domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	sel.At = s.now()
	return s.repo.Chunks(ctx, info, sel, fields)
}

// countLive takes what has expired and is not swept yet out of the counts of databases.
func (s *Service) countLive(ctx context.Context, list ...*domain.Database) error {
	repo, ok := s.repo.(ports.Expirer)
	if !ok || len(list) == 0 {
		return nil
	}
	var one []int64
	if len(list) == 1 {
		one = append(one, list[0].Number)
	}
	expired, err := repo.Expired(ctx, s.now(), one...)
	if err != nil {
		return err
	}
	for _, d := range list {
		d.Chunks = max(d.Chunks-int64(len(expired[d.Number])), 0)
	}
	return nil
}

// unexpired takes what has expired out of what a filter selects in a database. db is its
// runtime, or nil: one that is open knows if none of its chunks ever expires.
func (s *Service) unexpired(ctx context.Context, db *database, info domain.Database, set *roaring64.Bitmap) error {
	repo, ok := s.repo.(ports.Expirer)
	if !ok || db != nil && !db.expires() {
		return nil
	}
	expired, err := repo.Expired(ctx, s.now(), info.Number)
	for _, id := range expired[info.Number] {
		set.Remove(uint64(id))
	}
	return err
}

// expires reports whether a chunk of d may ever expire.
func (d *database) expires() bool {
	p := d.projection.Load()
	return p == nil || p.deadlines.some.Load()
}

// setExpiry gives every chunk that is to live for a time its time of expiry: its own, or
// else that of its database.
func setExpiry(chunks []domain.Chunk, ttl time.Duration, now time.Time) {
	for i := range chunks {
		c := &chunks[i]
		switch {
		case c.TTL > 0:
			c.ExpiresAt = now.Add(c.TTL)
		case ttl > 0:
			c.ExpiresAt = now.Add(ttl)
		default:
			c.ExpiresAt = time.Time{}
		}
	}
}
