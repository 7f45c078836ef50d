package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// closeTime is how long Close may take to save graphs where nothing else is said.
	closeTime = 20 * time.Second
	// finishTime is how long Close goes on indexing in all, where it comes to an end by then.
	finishTime = time.Second
)

// finish brings graphs to their end that need a moment only, and saves those that are
// worth keeping, whole or not: the next start goes on from there. What is not saved by
// the end of Lifecycle.CloseTime is made from the rows then.
func (s *Service) finish() {
	limit := s.life.CloseTime
	if limit <= 0 {
		limit = closeTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	list := s.opened()
	slices.SortFunc(list, func(a, b *database) int { return cmp.Compare(a.remaining(), b.remaining()) })
	s.finishSoon(ctx, list)
	for _, db := range list {
		p := db.projection.Load()
		if p == nil || !p.worthKeeping() {
			continue
		}
		if err := s.save(ctx, db, p); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			s.report(db.id, err)
		}
	}
}

// finishSoon moves what the graphs of list lack, those that lack least first, as long as
// that comes to an end within finishTime.
func (s *Service) finishSoon(ctx context.Context, list []*database) {
	deadline := time.Now().Add(s.finishTime)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for _, db := range list {
		p := db.projection.Load()
		if p == nil || !p.endsBy(deadline) {
			continue
		}
		idle, ok := s.engage(p)
		if !ok {
			continue
		}
		for more := true; more && p.endsBy(deadline); {
			var err error
			if more, err = s.turn(ctx, db, p); err != nil {
				s.report(db.id, err)
				db.end(err) // its graph is not to be saved
			}
		}
		p.rest(idle)
	}
}

// remaining is how many vectors of d wait for its graph.
func (d *database) remaining() int {
	if p := d.projection.Load(); p != nil {
		return p.remaining()
	}
	return 0
}
