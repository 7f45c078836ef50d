package app

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/ports"
)

// shrinkAt is the part of the size at which a database gets a graph that it must fall
// below to lose it again, so that one about that size does not change back and forth.
const shrinkAt = 0.5

// shrink sets about replacing p by one without a graph if the database has become small.
// That is a job; whoever cancels it leaves the graph to the database until it is opened,
// or rebuilt, the next time.
func (s *Service) shrink(db *database, p *projection) {
	if !p.mayShrink() || float64(db.info.Load().Chunks) > shrinkAt*float64(s.flatMax(p.settings().Dims)) {
		return
	}
	next, err := db.claim(nil)
	if err != nil {
		return // it is being made anew, or closed
	}
	running, cancel := context.WithCancel(s.ctx)
	told := new(progress)
	j := newTask(KindCompaction, db.id, s.now(), told.steps, cancel)
	s.jobs.add(j)
	s.background(func(context.Context) {
		defer cancel()
		err := s.rebuildAs(running, db, next, told)
		if errors.Is(err, context.Canceled) {
			p.keepGraph()
		} else if err != nil {
			s.reportOf(db, err)
		}
		s.jobs.end(j, s.now(), err)
	})
}

// watch lists what ix, an index of database id, does to itself among the jobs.
func (s *Service) watch(id string, ix ports.VectorIndex) {
	u, ok := ix.(ports.Upkept)
	if !ok {
		return
	}
	u.Watch(func(work ports.Upkeep) func(error) {
		j := newTask(KindCompaction, id, s.now(), work.Progress, work.Cancel)
		s.jobs.add(j)
		return func(err error) { s.jobs.end(j, s.now(), err) }
	})
}
