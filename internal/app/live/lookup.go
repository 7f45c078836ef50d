package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Lookup returns the runtime of database id if it is open or being opened, else nil.
func (r *Registry) Lookup(id string) *Database {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[id]
}

// take takes the runtime of database id out of the registry and returns it, or nil.
func (r *Registry) take(id string) *Database {
	r.mu.Lock()
	defer r.mu.Unlock()
	db := r.open[id]
	delete(r.open, id)
	return db
}

// unregister takes db out of the registry, so that the next acquire opens it again.
func (r *Registry) unregister(db *Database) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[db.id] == db {
		delete(r.open, db.id)
	}
}

// abandon takes a runtime out of use whose index could not follow the rows, and
// reports why. The rows are the truth: the next use builds an index of them again.
func (r *Registry) abandon(db *Database, why error) {
	r.counts.abandoned.Add(1)
	r.report(db.id, why)
	r.unregister(db)
	r.closeAsync(db)
}

// reportUnlessGone reports what went wrong behind the scenes of db. That db was dropped or unloaded
// in between, or the service is being closed, is nothing that went wrong.
func (r *Registry) reportUnlessGone(db *Database, err error) {
	db.mu.Lock()
	gone := db.gone
	db.mu.Unlock()
	if !gone && r.ctx.Err() == nil {
		r.report(db.id, err)
	}
}

// closeAsync ends db and closes its indexes without making the caller, who may be the
// repository's writer, wait for the searches on them.
func (r *Registry) closeAsync(db *Database) {
	db.end(ErrGone)
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		<-db.ready
		if err := db.close(); err != nil && !errors.Is(err, domain.ErrClosed) {
			r.report(db.id, err)
		}
	}()
}

// Reload has the next call on database id read it again.
func (r *Registry) Reload(id string) {
	db := r.take(id)
	if db != nil {
		r.closeAsync(db)
	}
}

// Background runs fn until it returns; Close waits for it, with ctx ended.
func (r *Registry) Background(fn func(ctx context.Context)) {
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		fn(r.ctx)
	}()
}

// Enter marks a call as under way until leave is called; it fails once Close has begun.
func (r *Registry) Enter() (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("memista: %w", domain.ErrClosed)
	}
	r.work.Add(1)
	r.indexing.Governor.Enter()
	return r.leave, nil
}

func (r *Registry) leave() {
	r.indexing.Governor.Leave()
	r.work.Done()
}

// Opened returns the databases that are open and done with loading.
func (r *Registry) Opened() []*Database {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*Database, 0, len(r.open))
	for _, db := range r.open {
		select {
		case <-db.ready:
			list = append(list, db)
		default:
		}
	}
	return list
}
