package live

import (
	"context"
	"time"
)

// maintainEvery is how often idle databases are looked for, and graphs that are to be saved
// because of the time.
const maintainEvery = time.Second

// maintain closes idle databases and saves graphs that are due, until ctx ends.
func (r *Registry) maintain(ctx context.Context) {
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, db := range r.Opened() {
			if r.lifecycle.IdleClose > 0 && db.idleFor() >= r.lifecycle.IdleClose && !db.rebuilding() && !db.indexing() {
				r.unload(ctx, db)
				continue
			}
			if p := db.index.Load(); p != nil {
				r.saveIfDue(ctx, db, p)
			}
		}
		r.evict(ctx, nil)
	}
}

// indexing reports whether vectors of d are on their way to its graph.
func (d *Database) indexing() bool {
	p := d.index.Load()
	return p != nil && p.Indexing() || d.named.Indexing()
}

// evict closes the least recently used databases, but for keep and for those whose index
// is being built again, as long as all that are open need more memory than the budget.
func (r *Registry) evict(ctx context.Context, keep *Database) {
	if r.lifecycle.MemoryBudget <= 0 {
		return
	}
	r.evicting.Lock()
	defer r.evicting.Unlock()
	for ctx.Err() == nil {
		var total int64
		var oldest *Database
		for _, db := range r.Opened() {
			total += db.bytes()
			if db != keep && (oldest == nil || db.used.Load() < oldest.used.Load()) && !db.rebuilding() {
				oldest = db
			}
		}
		if total <= r.lifecycle.MemoryBudget || oldest == nil {
			return
		}
		r.unload(ctx, oldest)
	}
}

// unload saves what the file of db has not, if it is worth keeping, and takes db out of use;
// the next call that needs it opens it again. It waits for a turn of its indexer at most:
// what the graph does not have by then is indexed when it is open again.
func (r *Registry) unload(ctx context.Context, db *Database) {
	if p := db.index.Load(); p != nil && p.SaveBeforeClose() {
		if err := r.save(ctx, db, p); err != nil {
			r.reportUnlessGone(db, err)
		}
	}
	r.unregister(db)
	r.closeAsync(db)
	r.counts.unloaded.Add(1)
}

// bytes is the memory that the vectors, the graph, the other indexes and the rows of d take.
func (d *Database) bytes() int64 {
	n := d.filters.Bytes() + d.sparse.Bytes() + d.named.Bytes() + d.rows.Bytes()
	p := d.index.Load()
	if p == nil {
		return n
	}
	return n + p.Bytes()
}
