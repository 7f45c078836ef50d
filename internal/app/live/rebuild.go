package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// rebuild makes a new index of the rows of db beside the one that is searched, and
// puts it in that one's place when it has caught up and its graph, if it is large enough
// for one, is complete. A second rebuild of a database at the same time is ErrBusy. On error
// nothing has changed. steps follow how far it is.
func (r *Registry) rebuild(ctx context.Context, db *Database, steps *jobs.Progress) error {
	next, err := db.startNext(&applier{})
	if err != nil {
		return err
	}
	return r.rebuildAs(ctx, db, next, steps)
}

// startNext makes next the applier of a new index of d, which gets all commits from now on,
// and returns it. It is ErrBusy if there is one already, and while d is being opened:
//  1. A database is opened whose graph is in a file. Commits wait until it is open.
//  2. One of them deletes most chunks. When it is applied, the graph is to go.
//  3. An exact index is made, which is soon done, and takes the place of the graph.
//  4. The index with the graph is closed while it is being opened, who
//     meets that at the next commit, and gives the database up.
func (d *Database) startNext(next *applier) (*applier, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone || d.next != nil || !d.current.caught {
		return nil, domain.Errorf(domain.ErrBusy, "Database '%s' is being rebuilt, opened or closed", d.id)
	}
	d.next = next
	return next, nil
}

// rebuildAs is rebuild, with the applier that was claimed for it.
func (r *Registry) rebuildAs(ctx context.Context, db *Database, next *applier, steps *jobs.Progress) error {
	steps.Reset()
	err := r.makeNext(ctx, db, next, steps)
	old, swapped := db.swap(next, err == nil)
	if !swapped {
		old, err = next, errors.Join(err, db.failure()) // if db was taken out of use in between
	}
	if old.index != nil {
		err = errors.Join(err, old.index.Close())
	}
	count(&r.counts.rebuilds, &r.counts.rebuildFaults, err)
	if err != nil {
		return fmt.Errorf("rebuild %q: %w", db.id, err)
	}
	if old.index != nil && old.index.HasGraph() && !next.index.HasGraph() {
		r.Background(func(ctx context.Context) { r.forgetGraph(ctx, db, next.index) })
	}
	return nil
}

// makeNext makes the index of next, with its graph if it is to have one.
func (r *Registry) makeNext(ctx context.Context, db *Database, next *applier, steps *jobs.Progress) error {
	err := r.fillNext(ctx, db, next, steps)
	if err == nil && next.index != nil {
		steps.Graph(next.index.GraphSize)
		r.index(db, next.index)
		err = next.index.WaitIdle(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	return cmp.Or(next.broken, err)
}

// fillNext makes the index of next, which was claimed before, and catches up.
//
// What it is made of is read from the repository after the claim, and not taken from
// db.info, or it lost a commit:
//  1. A database is new: db.info has no dimension, and there are no rows.
//  2. Its first commit is durable. The writer begins to hand it to the current applier,
//     which is the only one, and is held up before db.info has it.
//  3. A rebuild claims next, which gets the commits that follow.
//  4. db.info still says that there is no dimension, and so no row to read.
//  5. next takes the place of the current applier. Neither the rows nor a commit that it
//     was given had what was stored in 2.
func (r *Registry) fillNext(ctx context.Context, db *Database, next *applier, steps *jobs.Progress) error {
	info, err := r.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	if !info.SameLife(*db.info.Load()) {
		return db.waitSequence(ctx, math.MaxInt64) // until the news has come that its life has ended
	}
	strict := next.set != nil && next.set.Metric != info.Metric
	info = next.withSettings(info)
	if next.vectors == nil {
		steps.Total.Add(r.StepsOf(info))
	}
	return r.fillFrom(ctx, db, next, info, func(ctx context.Context, info domain.Database) (*tiered.Index, error) {
		return r.buildWithProgress(ctx, info, r.source(info, next.vectors), strict, steps)
	})
}

// StepsOf is how many steps it takes to make the index of info: each vector is read, and if
// the database is to have a graph, is put into it.
func (r *Registry) StepsOf(info domain.Database) int64 {
	if r.engines.Outgrown(info.Engine, info.Dims, info.Chunks) {
		return 2 * info.Chunks
	}
	return info.Chunks
}

// swap ends the making of next: if it went well, next is searched from now on. It
// returns the applier that was searched until now and whether next has taken its place.
func (d *Database) swap(next *applier, well bool) (old *applier, swapped bool) {
	// A commit that only one of the two has would be told by neither: next is not the
	// one that is searched yet when it takes it in, and the other is not any more.
	d.applying.Lock()
	defer d.applying.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = nil
	if !well || d.gone {
		return nil, false
	}
	return d.replaceCurrent(next), true
}

// replaceCurrent has next searched in place of the current applier, which it returns. The
// caller holds d.applying and d.mu.
//
// The rows in memory go first, or a search put a row beside the distance of a newer one:
//  1. A row is in memory.
//  2. Its next version is durable. The writer has not begun to hand that on.
//  3. The index of next is made of the rows, with the vector of that version.
//  4. It is searched, and finds the vector. The row in memory is not newer than the last
//     change that d was told of, so it seems to be the one that was found.
func (d *Database) replaceCurrent(next *applier) (old *applier) {
	d.rows.Clear()
	old, d.current = d.current, next
	d.index.Store(next.index)
	return old
}

// StartRebuild begins a rebuild of database id as a job.
func (r *Registry) StartRebuild(id string) (jobs.Job, error) {
	steps := new(jobs.Progress)
	return r.startJob(jobs.KindRebuild, id, steps, func(ctx context.Context, db *Database) error {
		return r.rebuild(ctx, db, steps)
	})
}

// startJob runs work on database id in the background, as the only job of its kind there.
func (r *Registry) startJob(kind, id string, steps *jobs.Progress, work func(context.Context, *Database) error) (jobs.Job, error) {
	running, cancel := context.WithCancel(r.ctx)
	t := jobs.NewTask(kind, id, r.now(), steps.Figures, cancel)
	made, err := r.jobs.AddUnique(t)
	if err != nil {
		cancel()
		return jobs.Job{}, err
	}
	r.Background(func(context.Context) {
		defer cancel()
		err := r.With(running, id, func(db *Database) error {
			if err := db.Wait(running); err != nil {
				return err
			}
			return work(running, db)
		})
		r.jobs.End(t, r.now(), err)
	})
	return made, nil
}

// shrinkBelow is the part of the size at which a database gets a graph that it must fall
// below to lose it again, so that one about that size does not change back and forth.
const shrinkBelow = 0.5

// shrink sets about replacing p by one without a graph if the database has become small.
// That is a job; whoever cancels it leaves the graph to the database until it is opened,
// or rebuilt, the next time.
func (r *Registry) shrink(db *Database, p *tiered.Index) {
	if !p.MayShrink() || float64(db.info.Load().Chunks-p.Without()) > shrinkBelow*float64(r.engines.FlatMax(p.Settings().Dims)) {
		return
	}
	next, err := db.startNext(&applier{})
	if err != nil {
		return // it is being built again, or closed
	}
	running, cancel := context.WithCancel(r.ctx)
	steps := new(jobs.Progress)
	j := jobs.NewTask(jobs.KindCompaction, db.id, r.now(), steps.Figures, cancel)
	r.jobs.Add(j)
	r.Background(func(context.Context) {
		defer cancel()
		err := r.rebuildAs(running, db, next, steps)
		if errors.Is(err, context.Canceled) {
			p.KeepGraph()
		} else if err != nil {
			r.reportUnlessGone(db, err)
		}
		r.jobs.End(j, r.now(), err)
	})
}

// watch lists what ix, an index of database id, does to itself among the jobs.
func (r *Registry) watch(id string, ix ports.VectorIndex) {
	u, ok := ix.(ports.Maintainer)
	if !ok {
		return
	}
	u.OnTask(func(work ports.Task) func(error) {
		j := jobs.NewTask(jobs.KindCompaction, id, r.now(), work.Progress, work.Cancel)
		r.jobs.Add(j)
		return func(err error) { r.jobs.End(j, r.now(), err) }
	})
}
