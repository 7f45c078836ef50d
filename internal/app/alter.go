package app

import (
	"context"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Altered is what became of an alteration.
type Altered struct {
	Database domain.Database // with the settings that it has now
	Job      *Job            // that gives it the others; nil: they are there
}

// Alter changes the settings of the database id, all or none. What needs no other index is
// so when Alter returns. What does is made beside the one that is searched, by a job, and
// then takes its place together with everything else that a asks for; a job that fails, is
// canceled, or is cut off, leaves all settings as they were. A second one meanwhile is
// ErrBusy. A setting that cannot be changed, or not so, is named by the error.
func (s *Service) Alter(ctx context.Context, id string, a domain.Alteration) (Altered, error) {
	leave, err := s.enter()
	if err != nil {
		return Altered{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return Altered{}, err
	}
	repo, ok := s.repo.(ports.Alterer)
	if !ok {
		return Altered{}, domain.Errorf(domain.ErrUnsupported, "this build keeps its chunks where settings cannot be changed")
	}
	if a == (domain.Alteration{}) {
		return Altered{}, domain.Errorf(domain.ErrInvalid, "nothing to change: give one of metric, engine, m, ef_construction, ef_search, storage, ttl_seconds, full_text and metadata")
	}
	info, err := s.find(ctx, id)
	if err != nil {
		return Altered{}, err
	}
	want, err := a.Apply(info.Settings)
	if err == nil {
		err = s.checkAltered(info.Settings, want)
	}
	if err != nil || want == info.Settings {
		return Altered{Database: info}, err
	}
	if info.NeedsIndex(want) || info.NeedsTexts(want) {
		j, err := s.startAlter(repo, id, a)
		return Altered{Database: info, Job: &j}, err
	}
	info, err = repo.Alter(ctx, info, changeOnce(a, want), s.settingsChanged)
	if err != nil {
		return Altered{}, fmt.Errorf("alter %q: %w", id, err)
	}
	return Altered{Database: info}, nil
}

// checkAltered refuses settings that this service cannot serve. Those that stay are as
// they were, also where another build has made them.
func (s *Service) checkAltered(have, want domain.Settings) error {
	if want.FullText == have.FullText {
		want.FullText = ""
	}
	if !have.NeedsIndex(want) && have.EfSearch == want.EfSearch {
		want.Engine, want.M, want.EfConstruction, want.EfSearch, want.Storage = "", 0, 0, 0, ""
	}
	return s.checkSettings(want)
}

// changeOnce returns what an alteration does to the settings of the moment. If others have
// changed them meanwhile, so that the indexes for want would not be those for the result,
// it is ErrConflict.
func changeOnce(a domain.Alteration, want domain.Settings) func(*domain.Settings) error {
	return func(set *domain.Settings) error {
		now, err := a.Apply(*set)
		if err == nil && (now.NeedsIndex(want) || now.FullText != want.FullText) {
			err = domain.Errorf(domain.ErrConflict, "settings were changed meanwhile: %s", now.Differences(want))
		}
		*set = now
		return err
	}
}

// settingsChanged tells the runtime of d, if it is open, that it has other settings. The
// repository calls it in the order of the commits.
func (s *Service) settingsChanged(d domain.Database) {
	s.mu.Lock()
	db := s.open[d.ID]
	s.mu.Unlock()
	if db == nil {
		return
	}
	if db.loaded() {
		if _, ok := db.adopt(nil, d); ok {
			return
		}
	}
	s.reopen(d.ID) // it may have read the settings before they were changed
}

// altered returns when an alteration that has begun to change d is through with it.
func (d *database) altered() {
	d.mu.Lock()
	defer d.mu.Unlock()
}

// adopt gives d the settings of to, and next, which was made for them, in place of what is
// searched; with nil that stays. It returns the follower that was searched until now.
func (d *database) adopt(next *follower, to domain.Database) (old *follower, ok bool) {
	d.following.Lock() // see swap
	defer d.following.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if next != nil {
		d.next = nil
	}
	info := *d.info.Load()
	if d.gone || !info.SameLife(to) || next != nil && next.broken != nil {
		return nil, false
	}
	info.Settings = to.Settings
	d.info.Store(&info)
	if next == nil {
		return nil, true
	}
	old, d.current = d.current, next
	d.projection.Store(next.p)
	return old, true
}

// settled returns d with the settings that f is made for.
func (f *follower) settled(d domain.Database) domain.Database {
	if f.set != nil {
		dims := d.Dims
		d.Settings = *f.set
		d.Dims = dims
	}
	return d
}

// check refuses a commit whose vectors are none under the metric that f is made for.
func (f *follower) check(ch change) error {
	if f.set == nil || f.set.Metric == ch.commit.Database.Metric {
		return nil
	}
	ids, vectors := ch.written()
	for i, v := range vectors {
		if err := f.set.Metric.CheckVector(v); err != nil {
			return domain.At(err, fmt.Sprintf("chunk %d", ids[i]))
		}
	}
	return nil
}

// checkPage refuses chunks whose vectors are none under a metric.
func checkPage(m domain.Metric, page []domain.Chunk) error {
	for i := range page {
		if err := m.CheckVector(page[i].Embedding); err != nil {
			return domain.At(err, fmt.Sprintf("chunk %d", page[i].ID))
		}
	}
	return nil
}

// unaltered refuses a batch that was checked against info if the database has another life
// or metric by now.
func unaltered(info domain.Database) func(domain.Database) error {
	return func(now domain.Database) error {
		if !now.SameLife(info) || now.Metric != info.Metric {
			return errGone
		}
		return nil
	}
}

// forgetTime bounds how long it takes to give up what an alteration has made.
const forgetTime = 10 * time.Second
