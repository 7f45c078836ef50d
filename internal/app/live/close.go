package live

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

// saveAll brings graphs to their end that need a moment only, and saves those that are
// worth keeping, whole or not: the next start goes on from there. What is not saved by
// the end of Lifecycle.CloseTime is made from the rows then.
func (r *Registry) saveAll() {
	limit := r.lifecycle.CloseTime
	if limit <= 0 {
		limit = closeTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	list := r.Opened()
	slices.SortFunc(list, func(a, b *Database) int { return cmp.Compare(a.remaining(), b.remaining()) })
	r.finishSoon(ctx, list)
	for _, db := range list {
		p := db.index.Load()
		if p == nil || !p.SaveBeforeClose() {
			continue
		}
		if err := r.save(ctx, db, p); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			r.report(db.id, err)
		}
	}
}

// finishSoon moves what the graphs of list lack, those that lack least first, as long as
// that comes to an end within finishTime.
func (r *Registry) finishSoon(ctx context.Context, list []*Database) {
	deadline := time.Now().Add(r.finishTime)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for _, db := range list {
		p := db.index.Load()
		if p == nil || !p.EndsBy(deadline) {
			continue
		}
		idle, ok := r.indexing.Start(p)
		if !ok {
			continue
		}
		for more := true; more && p.EndsBy(deadline); {
			var err error
			if more, err = r.turn(ctx, db, p); err != nil {
				r.report(db.id, err)
				db.end(err) // its graph is not to be saved
			}
		}
		p.StopIndexing(idle)
	}
}

// remaining is how many vectors of d wait for its graph.
func (d *Database) remaining() int {
	if p := d.index.Load(); p != nil {
		return p.Remaining()
	}
	return 0
}
