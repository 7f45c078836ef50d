package live

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/ports"
)

// shrinkBelow is the part of the size at which a database gets a graph that it must fall
// below to lose it again, so that one about that size does not change back and forth.
const shrinkBelow = 0.5

// shrink sets about replacing p by one without a graph if the database has become small.
// That is a job; whoever cancels it leaves the graph to the database until it is opened,
// or rebuilt, the next time.
func (r *Registry) shrink(db *Database, p *tiered.Index) {
	if !p.MayShrink() || float64(db.info.Load().Chunks) > shrinkBelow*float64(r.flatMax(p.Settings().Dims)) {
		return
	}
	next, err := db.startNext(nil)
	if err != nil {
		return // it is being built again, or closed
	}
	running, cancel := context.WithCancel(r.ctx)
	told := new(progress)
	j := jobs.NewTask(jobs.KindCompaction, db.id, r.now(), told.steps, cancel)
	r.jobs.Add(j)
	r.Background(func(context.Context) {
		defer cancel()
		err := r.rebuildAs(running, db, next, told)
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
