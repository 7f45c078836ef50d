package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// StartAlter starts the job that changes settings which need another index.
func (r *Registry) StartAlter(id string, a domain.Alteration) (jobs.Job, error) {
	steps := new(jobs.Progress)
	return r.startJob(jobs.KindAlter, id, steps, func(ctx context.Context, db *Database) (err error) {
		steps.Reset()
		w := alterWork{r: r, db: db, info: db.State(), steps: steps}
		if w.want, err = a.Apply(w.info.Settings); err != nil {
			return err
		}
		w.change = func(ctx context.Context, applied func(domain.Database)) error {
			_, err := r.repo.Alter(ctx, w.info, changeOnce(a, w.want), applied)
			return err
		}
		if w.info.NeedsIndex(w.want) {
			w.next = &applier{set: &w.want}
		}
		return w.run(ctx)
	})
}

// alterWork is the work of one such job on one runtime of its database.
type alterWork struct {
	r       *Registry
	db      *Database
	info    domain.Database // before
	want    domain.Settings
	next    *applier // of the index of vectors; nil: it stays
	steps   *jobs.Progress
	change  func(ctx context.Context, applied func(domain.Database)) error // changes the rows
	catchUp func(ctx context.Context, last bool) error                     // see Replacement; nil: commits have all that next needs
}

// run makes everything ready beside what is searched, then changes the settings.
func (w *alterWork) run(ctx context.Context) (err error) {
	if w.next != nil {
		if _, err = w.db.startNext(w.next); err != nil {
			return err
		}
	}
	if err = w.prepare(ctx); err == nil {
		err = w.commit(ctx)
	}
	for tries := 1; tries < lateTries && errors.Is(err, ErrLate); tries++ {
		if err = w.catchUp(ctx, false); err == nil { // with writers again
			err = w.commit(ctx)
		}
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("alter %q: %w", w.db.id, errors.Join(err, w.abandon(ctx)))
}

// prepare makes the indexes.
func (w *alterWork) prepare(ctx context.Context) error {
	if w.info.NeedsTexts(w.want) {
		w.steps.Total.Add(w.info.Chunks)
		report := func(upTo int64) { w.steps.Texts.Store(min(upTo, w.info.Chunks)) }
		if err := w.r.repo.PrepareText(ctx, w.info, w.want.FullText, report); err != nil {
			return err
		}
		w.steps.Texts.Store(w.info.Chunks)
	}
	if w.next == nil {
		return nil
	}
	if err := w.r.makeNext(ctx, w.db, w.next, w.steps); err != nil || w.catchUp == nil {
		return err
	}
	return w.catchUp(ctx, false)
}

// commit changes the settings, and what is searched with them: between two commits of the
// repository, so that each search has either the old ones or the new ones.
func (w *alterWork) commit(ctx context.Context) error {
	r, db := w.r, w.db
	unlock, err := r.graphLocks.Lock(ctx, db.id) // so that no graph of the old ones is saved from here on
	if err != nil {
		return err
	}
	defer unlock()
	// With no one writing, next has all that is in the rows, and knows if it could not follow.
	defer r.gates.Close(db.id)()
	if w.catchUp != nil {
		if err := w.catchUp(ctx, true); err != nil {
			return err
		}
		defer db.swapVectors()()
	}
	if err := w.fit(); err != nil {
		return err
	}
	if w.next != nil && r.files.IndexFiles != nil {
		// An index file does not tell all settings that it was made with. Without it a start
		// makes the index from the rows, whichever of them it finds.
		r.removeIndexFiles(w.info)
	}
	var old *applier
	adopted := false
	err = w.change(ctx, func(d domain.Database) {
		if old, adopted = db.adopt(w.next, d); !adopted {
			r.Reload(d.ID)
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
	if old.index != nil {
		if err := old.index.Close(); err != nil {
			r.reportUnlessGone(db, err)
		}
	}
	if adopted && w.next.index != nil {
		r.index(db, w.next.index)
		if !w.next.index.HasGraph() {
			r.Background(func(ctx context.Context) { r.forgetGraph(ctx, db, w.next.index) })
		}
	}
	return nil
}

// fit reports why what was made cannot be taken.
func (w *alterWork) fit() error {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	if w.db.gone {
		return ErrGone
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
		if w.next.index != nil {
			err = w.next.index.Close()
		}
	}
	if w.info.NeedsTexts(w.want) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
		defer cancel()
		err = errors.Join(err, w.r.repo.ForgetText(ctx, w.info))
	}
	return err
}

// forgetTime bounds how long it takes to give up what an alteration has made.
const forgetTime = 10 * time.Second

// settingsChanged tells the runtime of d, if it is open, that it has other settings. The
// repository calls it in the order of the commits.
func (r *Registry) settingsChanged(d domain.Database) {
	db := r.Lookup(d.ID)
	if db == nil {
		return
	}
	if db.Loaded() {
		if _, ok := db.adopt(nil, d); ok {
			return
		}
	}
	r.Reload(d.ID) // it may have read the settings before they were changed
}

// WaitAltered returns when an alteration that has begun to change d is through with it, or
// ctx ends.
func (d *Database) WaitAltered(ctx context.Context) error {
	if over := d.swapping.Load(); over != nil {
		select {
		case <-*over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return nil
}

// swapVectors says that the vectors in the rows are being exchanged, until over is called.
func (d *Database) swapVectors() (over func()) {
	done := make(chan struct{})
	d.swapping.Store(&done)
	return func() {
		d.swapping.Store(nil)
		close(done)
	}
}

// adopt gives d the settings of to, and next, which was made for them, in place of what is
// searched; with nil that stays. It returns the applier that was searched until now.
func (d *Database) adopt(next *applier, to domain.Database) (old *applier, ok bool) {
	d.applying.Lock() // see swap
	defer d.applying.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if next != nil {
		d.next = nil
	}
	info := *d.info.Load()
	if d.gone || !info.SameLife(to) || next != nil && next.broken != nil {
		return nil, false
	}
	if next != nil && next.vectors != nil { // they are those of the rows from now on
		if next.vectors = nil; next.index.Apply(tiered.Change{Commit: domain.Commit{Database: to}}) != nil {
			return nil, false
		}
		info.Sequence, info.Hash = to.Sequence, to.Hash
	}
	info.Settings = to.Settings
	d.info.Store(&info)
	d.signal()
	if next == nil {
		return nil, true
	}
	return d.replaceCurrent(next), true
}

// changeOnce returns what an alteration does to the settings of the moment. If others have
// changed them concurrently, so that the indexes for want would not be those for the result,
// it is ErrConflict.
func changeOnce(a domain.Alteration, want domain.Settings) func(*domain.Settings) error {
	return func(set *domain.Settings) error {
		now, err := a.Apply(*set)
		if err == nil && (now.NeedsIndex(want) || now.FullText != want.FullText || now.Embedder != want.Embedder) {
			err = domain.Errorf(domain.ErrConflict, "settings were changed meanwhile: %s", now.Differences(want))
		}
		*set = now
		return err
	}
}

// AlterNow changes settings that need no other index.
func (r *Registry) AlterNow(ctx context.Context, info domain.Database, a domain.Alteration, want domain.Settings) (domain.Database, error) {
	return r.repo.Alter(ctx, info, changeOnce(a, want), r.settingsChanged)
}
