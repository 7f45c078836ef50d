package live

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/tiered"
)

// Hooks let tests of the use cases bring about what otherwise depends on time and threads.
// Nothing else calls them.
type Hooks struct{ r *Registry }

// Hooks returns the hooks of r.
func (r *Registry) Hooks() Hooks { return Hooks{r} }

// loaded calls fn with database id once it can be searched.
func (h Hooks) loaded(ctx context.Context, id string, fn func(*Database) error) error {
	return h.r.With(ctx, id, func(db *Database) error {
		if err := db.Wait(ctx); err != nil {
			return err
		}
		return fn(db)
	})
}

// Rebuild builds the index of database id again, and returns when that is done.
func (h Hooks) Rebuild(ctx context.Context, id string) error {
	return h.loaded(ctx, id, func(db *Database) error { return h.r.rebuild(ctx, db, new(jobs.Progress)) })
}

// Save writes the graph of database id to its file.
func (h Hooks) Save(ctx context.Context, id string) error {
	return h.loaded(ctx, id, func(db *Database) error { return h.r.save(ctx, db, db.index.Load()) })
}

// SaverOf returns what saves the graph of database id as it is open now, also later.
func (h Hooks) SaverOf(ctx context.Context, id string) (save func() error, err error) {
	var p *tiered.Index
	var of *Database
	err = h.loaded(ctx, id, func(db *Database) error {
		p, of = db.index.Load(), db
		return nil
	})
	return func() error { return h.r.save(ctx, of, p) }, err
}

// Evict closes database id as the memory budget has it.
func (h Hooks) Evict(ctx context.Context, id string) error {
	return h.loaded(ctx, id, func(db *Database) error {
		h.r.unload(ctx, db)
		return nil
	})
}

// DeleteExpired deletes some of the rows that have expired.
func (h Hooks) DeleteExpired(ctx context.Context) error {
	_, err := h.r.sweeper.Step(ctx)
	return err
}

// KeepSearching makes the registry believe that a search is under way, and another comes as
// soon as it ends, until done is called.
func (h Hooks) KeepSearching() (done func()) {
	return h.r.indexing.Governor.KeepSearching()
}

// CaughtUp reports whether an index of database id that is to take the place of the one in
// use has all commits.
func (h Hooks) CaughtUp(id string) bool {
	db := h.r.Lookup(id)
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.next != nil && db.next.caught
}

// Waited reports whether someone waits for the next commit of database id to be applied.
func (h Hooks) Waited(id string) bool {
	db := h.r.Lookup(id)
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.advanced != nil
}

// SetFinishTime sets how long Close goes on indexing.
func (h Hooks) SetFinishTime(d time.Duration) { h.r.finishTime = d }
