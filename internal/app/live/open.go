package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// LoadPage is how many rows are read in one short transaction while rows are indexed:
// enough to spread the cost of a statement, few enough to keep the write-ahead log small.
const LoadPage = 2048

// acquire returns the runtime of database id, opening it if need be, and whether it was
// being opened, or open, before. It may still be loading: described and wait tell. An
// unknown database is found out by those.
func (r *Registry) acquire(id string) (db *Database, joined bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if db, ok := r.open[id]; ok {
		db.touch()
		return db, true
	}
	db = &Database{id: id, found: make(chan struct{}), ready: make(chan struct{}), current: &applier{}}
	db.filters, db.sparse = filter.New(r.lifecycle.MemoryBudget/filterShare), sparse.New()
	db.rows, db.named = rowcache.New(r.lifecycle.rowBytes()), named.New(&r.named)
	db.touch()
	// It is registered before its rows are read, so that no commit falls between: what
	// is committed from here on waits in pending.
	r.open[id] = db
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		r.load(db)
	}()
	return db, false
}

// With calls fn with the runtime of database id, and again with a new one as long as the
// one it had was taken out of use in between (dropped, unloaded, or abandoned). A runtime that
// was being opened before the call may have looked for the database before it was made,
// so that it is unknown is only believed of one that was opened since.
func (r *Registry) With(ctx context.Context, id string, fn func(*Database) error) error {
	for first := true; ; first = false {
		db, joined := r.acquire(id)
		err := fn(db)
		gone := db.failure()
		stale := first && joined && errors.Is(gone, domain.ErrNotFound)
		if err == nil || !stale && !errors.Is(gone, ErrGone) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// load describes db, builds an index of its rows and lets the index follow the commits.
func (r *Registry) load(db *Database) {
	err := r.fill(r.ctx, db)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("memista: %w", domain.ErrClosed)
		}
		r.unregister(db)
		db.end(err) // before it is closed, which would be the reason otherwise
		if err := db.close(); err != nil {
			r.report(db.id, err)
		}
	}
	select {
	case <-db.found:
	default:
		close(db.found)
	}
	close(db.ready)
	if err == nil {
		r.evict(r.ctx, db)
	}
}

func (r *Registry) fill(ctx context.Context, db *Database) error {
	info, err := r.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	db.info.Store(&info)
	close(db.found)
	if err := r.fillFrom(ctx, db, db.current, info, r.restoreOrBuild); err != nil {
		return fmt.Errorf("open database %q: %w", db.id, err)
	}
	if p := db.index.Load(); p != nil {
		r.index(db, p)
	}
	return nil
}

// fillFrom makes the index of f by calling build, and catches up with what is committed
// concurrently.
func (r *Registry) fillFrom(ctx context.Context, db *Database, f *applier, info domain.Database, build makeIndex) error {
	f.since = info.Sequence
	if info.Dims > 0 {
		p, err := build(ctx, info)
		if err != nil {
			return err
		}
		// An index that was read from a file may have commits that came after info was read.
		// Given to it once more, their vectors would leave its graph and be added again.
		f.since = max(f.since, p.Applied().Sequence)
		db.mu.Lock()
		f.index = p
		db.mu.Unlock()
		db.advance(f, info)
	}
	return r.catchUp(db, f)
}

// makeIndex makes an index that has at least the changes of info.
type makeIndex func(ctx context.Context, info domain.Database) (*tiered.Index, error)

// restoreOrBuild makes an index from the index file, or else from the rows.
func (r *Registry) restoreOrBuild(ctx context.Context, info domain.Database) (*tiered.Index, error) {
	p, err := r.ReadIndexFile(ctx, info)
	if err == nil {
		r.counts.fromFile.Add(1)
		return p, nil
	}
	if !errors.Is(err, ErrNoIndexFile) && ctx.Err() == nil {
		r.report(info.ID, err) // it costs time, nothing else: the rows are the truth
	}
	r.counts.fromRows.Add(1)
	return r.buildFromRows(ctx, info)
}

// newIndex returns an empty index for info.
func (r *Registry) newIndex(info domain.Database) (*tiered.Index, error) {
	buffer, err := r.engines.NewBuffer(info)
	if err != nil {
		return nil, err
	}
	return tiered.New(info, buffer, r.now), nil
}

// buildFromRows makes an index of info's rows. Rows that change concurrently may be seen
// before or after the change: the commits in pending, applied in order, bring all to one
// state.
func (r *Registry) buildFromRows(ctx context.Context, info domain.Database) (*tiered.Index, error) {
	return r.buildWithProgress(ctx, info, r.source(info, nil), false, new(jobs.Progress))
}

// source is where the vectors of an index are read, page by page.
type source func(ctx context.Context, after int64, limit int) ([]domain.Chunk, error)

// source returns next, or if that is nil the rows of info.
func (r *Registry) source(info domain.Database, next source) source {
	if next != nil {
		return next
	}
	return func(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
		return r.repo.Chunks(ctx, info, domain.Selection{After: after, Limit: limit}, domain.FieldEmbedding)
	}
}

// buildWithProgress is buildFromRows of the vectors of from, and tells how many are read.
// With strict it checks them by the metric of info.
func (r *Registry) buildWithProgress(ctx context.Context, info domain.Database, from source, strict bool, steps *jobs.Progress) (*tiered.Index, error) {
	p, err := r.newIndex(info)
	if err != nil {
		return nil, err
	}
	var after int64
	for {
		page, err := from(ctx, after, LoadPage)
		if err == nil && len(page) > 0 {
			if strict {
				err = p.CheckRows(page)
			}
			if err == nil {
				err = p.AddRows(page)
			}
			steps.Rows.Add(int64(len(page)))
		}
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		if len(page) < LoadPage {
			p.NoteLacksGraph(r.indexing.Outgrown(p))
			return p, nil
		}
		after = page[len(page)-1].ID
	}
}
