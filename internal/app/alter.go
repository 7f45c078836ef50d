package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/domain"
)

// Altered is what became of an alteration.
type Altered struct {
	Database domain.Database // with the settings that it has now
	Job      *jobs.Job       // that gives it the others; nil: they are there
}

// Alter changes the settings of the database id, all or none. What needs no other index is
// so when Alter returns. What does is made beside the one that is searched, by a job, and
// then takes its place together with everything else that a asks for; a job that fails, is
// canceled, or is cut off, leaves all settings as they were. A second one meanwhile is
// ErrBusy. A setting that cannot be changed, or not so, is named by the error.
func (s *Service) Alter(ctx context.Context, id string, a domain.Alteration) (Altered, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Altered{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return Altered{}, err
	}
	if a == (domain.Alteration{}) {
		return Altered{}, domain.Errorf(domain.ErrInvalid, "nothing to change: give one of metric, engine, m, ef_construction, ef_search, storage, time to live, full_text, optional_embeddings, target_recall, sparse and metadata")
	}
	info, err := s.live.Find(ctx, id)
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
		j, err := s.live.StartAlter(id, a)
		return Altered{Database: info, Job: &j}, err
	}
	info, err = s.live.AlterNow(ctx, info, a, want)
	if err != nil {
		return Altered{}, fmt.Errorf("alter %q: %w", id, err)
	}
	return Altered{Database: info}, nil
}

// checkAltered refuses settings that this service cannot serve. Those that stay are as
// they were, also where another build has made them.
func (s *Service) checkAltered(have, want domain.Settings) error {
	if err := checkTarget(want); err != nil {
		return err
	}
	if want.FullText == have.FullText {
		want.FullText = ""
	}
	if !have.NeedsIndex(want) && have.EfSearch == want.EfSearch {
		want.Engine, want.M, want.EfConstruction, want.EfSearch, want.Storage = "", 0, 0, 0, ""
	}
	return s.checkSettings(want)
}
