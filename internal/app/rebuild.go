package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/memista/memista/internal/domain"
)

// background runs fn until it returns; Close waits for it, with ctx ended.
func (s *Service) background(fn func(ctx context.Context)) {
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		fn(s.ctx)
	}()
}

// rebuild makes a new projection of the rows of db beside the one that is searched, and
// puts it in that one's place when it has caught up and its graph, if it is large enough
// for one, is complete. A second rebuild of a database meanwhile is ErrBusy. On error
// nothing has changed. told follows how far it is.
func (s *Service) rebuild(ctx context.Context, db *database, told *progress) error {
	next, err := db.claim(nil)
	if err != nil {
		return err
	}
	return s.rebuildAs(ctx, db, next, told)
}

// claim returns the follower of a new projection of d, which gets all commits from now
// on, and is made for the settings set, or with nil for those of d. It is ErrBusy if there
// is one already, and while d is being opened:
//  1. A database is opened whose graph is in a file. Commits wait meanwhile.
//  2. One of them deletes most chunks. When it is applied, the graph is to go.
//  3. An exact index is made, which is soon done, and takes the place of the graph.
//  4. The projection with the graph is closed under the hands of whoever opens it, who
//     meets that at the next commit, and gives the database up.
func (d *database) claim(set *domain.Settings) (*follower, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone || d.next != nil || !d.current.caught {
		return nil, domain.Errorf(domain.ErrBusy, "Database '%s' is being rebuilt, opened or closed", d.id)
	}
	d.next = &follower{set: set}
	return d.next, nil
}

// rebuildAs is rebuild, with the follower that was claimed for it.
func (s *Service) rebuildAs(ctx context.Context, db *database, next *follower, told *progress) error {
	told.reset()
	err := s.makeNext(ctx, db, next, told)
	old, swapped := db.swap(next, err == nil)
	if !swapped {
		old, err = next, errors.Join(err, db.failure()) // if db was taken out of use meanwhile
	}
	if old.p != nil {
		err = errors.Join(err, old.p.close())
	}
	count(&s.counts.rebuilds, &s.counts.rebuildFaults, err)
	if err != nil {
		return fmt.Errorf("rebuild %q: %w", db.id, err)
	}
	if old.p != nil && old.p.hasGraph() && !next.p.hasGraph() {
		s.background(func(ctx context.Context) { s.forgetGraph(ctx, db, next.p) })
	}
	return nil
}

// makeNext makes the projection of next, with its graph if it is to have one.
func (s *Service) makeNext(ctx context.Context, db *database, next *follower, told *progress) error {
	err := s.fillNext(ctx, db, next, told)
	if err == nil && next.p != nil {
		told.next.Store(next.p)
		s.index(db, next.p)
		err = next.p.settle(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	return cmp.Or(next.broken, err)
}

// fillNext makes the projection of next, which was claimed before, and catches up.
//
// What it is made of is read from the repository after the claim, and not taken from
// db.info, or it lost a commit:
//  1. A database is new: db.info has no dimension, and there are no rows.
//  2. Its first commit is durable. The writer begins to hand it to the current follower,
//     which is the only one, and is held up before db.info has it.
//  3. A rebuild claims next, which gets the commits that follow.
//  4. db.info still says that there is no dimension, and so no row to read.
//  5. next takes the place of the current follower. Neither the rows nor a commit that it
//     was given had what was stored in 2.
func (s *Service) fillNext(ctx context.Context, db *database, next *follower, told *progress) error {
	info, err := s.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	if !info.SameLife(*db.info.Load()) {
		return db.waitSequence(ctx, math.MaxInt64) // until the news has come that its life has ended
	}
	info = next.settled(info)
	told.total.Add(s.stepsOf(info))
	return s.fillFrom(ctx, db, next, info, func(ctx context.Context, info domain.Database) (*projection, error) {
		return s.projectTold(ctx, info, told)
	})
}

// stepsOf is how many steps a rebuild of info takes; see progress.
func (s *Service) stepsOf(info domain.Database) int64 {
	if s.engineOf(info.Engine) != nil && info.Chunks > int64(s.flatMax(max(info.Dims, 1))) {
		return 2 * info.Chunks
	}
	return info.Chunks
}

// swap ends the making of next: if it went well, next is searched from now on. It
// returns the follower that was searched until now and whether next has taken its place.
func (d *database) swap(next *follower, well bool) (old *follower, swapped bool) {
	// A commit that only one of the two has would be told by neither: next is not the
	// one that is searched yet when it takes it in, and the other is not any more.
	d.following.Lock()
	defer d.following.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = nil
	if !well || d.gone {
		return nil, false
	}
	old, d.current = d.current, next
	d.projection.Store(next.p)
	return old, true
}

// startRebuild begins a rebuild of database id as a job.
func (s *Service) startRebuild(id string) (Job, error) {
	told := new(progress)
	return s.startJob(KindRebuild, id, told, func(ctx context.Context, db *database) error {
		return s.rebuild(ctx, db, told)
	})
}

// startJob runs work on database id in the background, as the only job of its kind there.
func (s *Service) startJob(kind, id string, told *progress, work func(context.Context, *database) error) (Job, error) {
	running, cancel := context.WithCancel(s.ctx)
	t := newTask(kind, id, s.now(), told.steps, cancel)
	made, err := s.jobs.addOnly(t)
	if err != nil {
		cancel()
		return Job{}, err
	}
	s.background(func(context.Context) {
		defer cancel()
		err := s.with(running, id, func(db *database) error {
			if err := db.wait(running); err != nil {
				return err
			}
			return work(running, db)
		})
		s.jobs.end(t, s.now(), err)
	})
	return made, nil
}
