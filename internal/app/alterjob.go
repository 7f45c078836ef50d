package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// startAlter starts the job that changes settings which need another index.
func (s *Service) startAlter(repo ports.Alterer, id string, a domain.Alteration) (Job, error) {
	running, cancel := context.WithCancel(s.ctx)
	told := new(progress)
	j := s.newJob(KindAlter, id, told.steps, cancel)
	made, err := s.jobs.addOnly(j)
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
			told.reset()
			w := alterWork{s: s, repo: repo, db: db, a: a, info: *db.info.Load(), told: told}
			return w.run(running)
		})
		s.jobs.end(j, s.now(), err)
	})
	return made, nil
}

// alterWork is the work of one such job on one runtime of its database.
type alterWork struct {
	s    *Service
	repo ports.Alterer
	db   *database
	a    domain.Alteration
	info domain.Database // before
	want domain.Settings
	next *follower // of the index of vectors; nil: it stays
	told *progress
}

// run makes everything ready beside what is searched, then changes the settings.
func (w *alterWork) run(ctx context.Context) (err error) {
	if w.want, err = w.a.Apply(w.info.Settings); err != nil {
		return err
	}
	if w.info.NeedsIndex(w.want) {
		if w.next, err = w.db.claim(&w.want); err != nil {
			return err
		}
	}
	if err = w.prepare(ctx); err == nil {
		err = w.commit(ctx)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("alter %q: %w", w.db.id, errors.Join(err, w.abandon(ctx)))
}

// prepare makes the indexes.
func (w *alterWork) prepare(ctx context.Context) error {
	w.told.strict = w.want.Metric != w.info.Metric
	if w.info.NeedsTexts(w.want) {
		w.told.total.Add(w.info.Chunks)
		told := func(upTo int64) { w.told.texts.Store(min(upTo, w.info.Chunks)) }
		if err := w.repo.PrepareText(ctx, w.info, w.want.FullText, told); err != nil {
			return err
		}
		w.told.texts.Store(w.info.Chunks)
	}
	if w.next == nil {
		return nil
	}
	return w.s.makeNext(ctx, w.db, w.next, w.told)
}

// commit changes the settings, and what is searched with them: between two commits of the
// repository, so that each search has either the old ones or the new ones.
func (w *alterWork) commit(ctx context.Context) error {
	s, db := w.s, w.db
	unlock, err := s.graphs.Lock(ctx, db.id) // so that no graph of the old ones is saved from here on
	if err != nil {
		return err
	}
	defer unlock()
	// With nobody writing, next has all that is in the rows, and knows if it could not follow.
	db.calm.Lock()
	defer db.calm.Unlock()
	if err := w.fit(); err != nil {
		return err
	}
	if w.next != nil && s.dir != "" {
		// An index file does not tell all settings that it was made with. Without it a start
		// makes the index from the rows, whichever of them it finds.
		s.discard(w.info)
	}
	var old *follower
	adopted := false
	_, err = w.repo.Alter(ctx, w.info, changeOnce(w.a, w.want), func(d domain.Database) {
		if old, adopted = db.adopt(w.next, d); !adopted {
			s.reopen(d.ID)
		}
	})
	if err != nil {
		return err
	}
	if w.next == nil {
		return nil
	}
	if !adopted {
		old = w.next
	}
	if old.p != nil {
		if err := old.p.close(); err != nil {
			s.reportOf(db, err)
		}
	}
	if adopted && w.next.p != nil {
		s.index(db, w.next.p)
		if w.next.p.graph.Load() == nil {
			s.background(func(ctx context.Context) { s.forgetGraph(ctx, db, w.next.p) })
		}
	}
	return nil
}

// fit reports why what was made cannot be taken.
func (w *alterWork) fit() error {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	if w.db.gone {
		return errGone
	}
	if w.next != nil {
		return w.next.broken
	}
	return nil
}

// abandon gives up what was made.
func (w *alterWork) abandon(ctx context.Context) error {
	var err error
	if w.next != nil {
		w.db.swap(w.next, false)
		if w.next.p != nil {
			err = w.next.p.close()
		}
	}
	if w.info.NeedsTexts(w.want) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
		defer cancel()
		err = errors.Join(err, w.repo.ForgetText(ctx, w.info))
	}
	return err
}
