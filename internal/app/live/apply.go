package live

import (
	"context"

	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// applier brings an index from the rows it was made of to those of now: commits
// wait while it reads the rows, and go to the index directly once it has caught up.
type applier struct {
	index *tiered.Index // nil until the dimension is known; set under database.mu
	since int64         // the changes up to it were in the rows that p was made of
	// set are the settings that p is made for, where they are not those of the database.
	set     *domain.Settings
	vectors source // of which p is made, where they are not those in the rows; guarded by database.applying

	pending []tiered.Change // guarded by database.mu
	caught  bool            // guarded by database.mu
	broken  error           // why p, which was being made, could not follow; guarded by database.mu
}

// applyCommit hands ch to the indexes of db, or keeps it for those that are still being
// made. Calls for one repository never overlap.
func (r *Registry) applyCommit(db *Database, ch tiered.Change) error {
	db.applying.Lock() // all of them have ch before one takes the place of another
	defer db.applying.Unlock()
	var ready []*applier
	db.mu.Lock()
	if db.gone {
		db.mu.Unlock()
		return nil
	}
	for _, f := range []*applier{db.current, db.next} {
		switch {
		case f == nil || f.broken != nil:
		case f.caught:
			ready = append(ready, f)
		default:
			ch := f.of(ch)
			f.pending = append(f.pending, ch.Owned())
		}
	}
	db.mu.Unlock()
	for _, f := range ready {
		err := r.apply(db, f, f.of(ch))
		switch {
		case err == nil || !db.serves(f.index):
		case db.broke(f, err): // whoever makes it learns of it; the one that is searched is good
		default:
			return err
		}
	}
	return nil
}

// broke notes that f could not follow, if it is not the one that is searched.
func (d *Database) broke(f *applier, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f == d.current {
		return false
	}
	f.broken = err
	return true
}

// serves reports whether p is still searched, or being made to be.
func (d *Database) serves(p *tiered.Index) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.gone && (d.current.index == p || d.next != nil && d.next.index == p)
}

// catchUp applies to f what was committed while it was being made. From its end on,
// commits go to the index directly.
func (r *Registry) catchUp(db *Database, f *applier) error {
	for {
		db.mu.Lock()
		if db.gone {
			defer db.mu.Unlock()
			return db.err
		}
		todo := f.pending
		f.pending = nil
		f.caught = len(todo) == 0
		db.mu.Unlock()
		if len(todo) == 0 {
			return nil
		}
		for _, ch := range todo {
			if err := r.apply(db, f, ch); err != nil {
				return err
			}
		}
	}
}

// apply changes the index of f as ch says. Calls for one applier never overlap:
// they come from whoever makes it, then from the repository's writer.
func (r *Registry) apply(db *Database, f *applier, ch tiered.Change) error {
	d := ch.Commit.Database
	if !db.info.Load().SameLife(d) {
		return nil // of a life that ended before, or began after, the one in db
	}
	if d.Sequence <= f.since {
		// It was durable before the rows were read, and so may have been others after it. A
		// index that was made beside another may be the first to have it: whoever waits
		// for it is notified now.
		db.advance(f, d)
		return nil
	}
	if err := f.check(ch); err != nil {
		return err
	}
	if f.index == nil && d.Dims > 0 {
		if ch.Others() > 0 { // which have no embedding, as the dimension was not known; the index is to know them
			r.unregister(db)
			r.closeAsync(db)
			return ErrGone
		}
		p, err := r.newIndex(f.withSettings(d))
		if err != nil {
			return err
		}
		db.mu.Lock()
		f.index = p
		db.mu.Unlock()
	}
	if f.index != nil {
		if err := f.index.Apply(ch); err != nil {
			return err
		}
	}
	db.advance(f, d)
	if f.index != nil {
		r.index(db, f.index)
		r.shrink(db, f.index)
	}
	return nil
}

// advance notes that f has all changes up to d, and tells those who wait for it if f is
// the one that is searched.
func (d *Database) advance(f *applier, to domain.Database) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f != d.current {
		return
	}
	d.index.Store(f.index)
	if to.Sequence > d.info.Load().Sequence {
		d.info.Store(&to)
	}
	d.signal()
}

// Write stores a batch and tells the runtime of its database, if it is open.
func (r *Registry) Write(ctx context.Context, b domain.Batch) (domain.Commit, error) {
	defer r.gates.Enter(b.Database)()
	return r.repo.Write(ctx, b, func(c domain.Commit) { r.Committed(b, c) })
}

// PauseWrites waits for the writers of database id and keeps others out until release is
// called. Whoever has the database open then has all of its rows in the index.
func (r *Registry) PauseWrites(id string) (release func()) { return r.gates.Close(id) }

// Committed hands a commit to the runtime of its database, if it is open. The
// repository calls it in the order of the commits, one at a time, before the writer of
// the batch is notified, so an acknowledged chunk is found by every search that starts
// afterwards.
func (r *Registry) Committed(b domain.Batch, c domain.Commit) {
	db := r.Lookup(c.Database.ID)
	if db == nil {
		return
	}
	// The order matters. The rows in memory are never older than what leads to them. The
	// others go before the index: whoever sees the sequence of this commit, which that tells
	// at its end, finds it in them.
	db.rows.Apply(c)
	db.tell(b, c)
	if err := r.applyCommit(db, tiered.ChangeOf(b, c)); err != nil {
		r.abandon(db, err)
	}
}

// Dropped takes the runtime of a dropped database out of use. Calls on it look the name
// up again and find that it is gone, or what has taken its place.
func (r *Registry) Dropped(d domain.Database) {
	db := r.take(d.ID)
	if db != nil {
		r.closeAsync(db)
	}
	if r.files.IndexFiles != nil {
		r.Background(func(ctx context.Context) {
			unlock, err := r.graphLocks.Lock(context.WithoutCancel(ctx), d.ID) // after a save that is under way
			if err != nil {
				return
			}
			defer unlock()
			r.removeIndexFiles(d)
		})
	}
}

// tell tells the indexes of db that are not of embeddings of a commit.
func (d *Database) tell(b domain.Batch, c domain.Commit) {
	filters, vectors, named := d.filters.Active(), d.sparse.Active(), d.named.Active()
	if info := d.info.Load(); !filters && !vectors && !named || !info.SameLife(c.Database) || c.Database.Sequence <= info.Sequence {
		return // see Service.apply
	}
	if named {
		d.named.Apply(b, c)
	}
	if !filters && !vectors {
		return
	}
	written := c.Stored(b)
	if vectors {
		d.sparse.Apply(written, c.Deleted)
	}
	if filters {
		d.filters.Apply(written, c.Deleted)
	}
}

// withSettings returns d with the settings that f is made for.
func (f *applier) withSettings(d domain.Database) domain.Database {
	if f.set != nil {
		dims := d.Dims
		d.Settings = *f.set
		if f.vectors == nil {
			d.Dims = dims
		}
	}
	return d
}

// of returns ch as f is to have it.
func (f *applier) of(ch tiered.Change) tiered.Change {
	if f.vectors != nil {
		return ch.Emptied()
	}
	return ch
}

// check refuses a commit whose vectors are none under the metric that f is made for.
func (f *applier) check(ch tiered.Change) error {
	if f.set == nil || f.set.Metric == ch.Commit.Database.Metric {
		return nil
	}
	return ch.CheckFor(*f.set)
}
