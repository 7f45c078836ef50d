package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/domain"
)

// Jobs describes the jobs under way and the last ones that have ended, oldest first.
func (s *Service) Jobs() []jobs.Job { return s.jobs.All() }

// Job describes one job, or returns ErrNotFound.
func (s *Service) Job(id int64) (jobs.Job, error) { return s.jobs.Get(id) }

// WaitJob returns when a job has ended, or ctx has.
func (s *Service) WaitJob(ctx context.Context, id int64) (jobs.Job, error) {
	return s.jobs.Wait(ctx, id)
}

// CancelJob stops a job and waits until nothing of it is left. One that has ended before
// is left as it is.
func (s *Service) CancelJob(ctx context.Context, id int64) (jobs.Job, error) {
	return s.jobs.Cancel(ctx, id)
}

// StartRebuild begins to make the index of a database from its rows, beside the one that
// is searched meanwhile, and returns the job. A second one for the same database is
// ErrBusy.
func (s *Service) StartRebuild(ctx context.Context, id string) (jobs.Job, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return jobs.Job{}, err
	}
	defer leave()
	if _, err := s.live.Find(ctx, id); err != nil {
		return jobs.Job{}, err
	}
	return s.live.StartRebuild(id)
}

const (
	// importSilence is after how long without a word of its caller an import counts as
	// failed. A caller that is there says something every second.
	importSilence = 15 * time.Second
	// maxImports bounds how many may be under way.
	maxImports = 100
)

// StartImport lists an import into database id, which need not exist yet, among the jobs.
// The rows are inserted by the caller, who tells with ReportImport how far it is, every
// second or so, and stops when it is told that the job is being canceled.
func (s *Service) StartImport(id string, p jobs.ImportProgress) (jobs.Job, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return jobs.Job{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return jobs.Job{}, err
	}
	im, made, err := s.jobs.AddImport(id, s.now(), p, maxImports)
	if err != nil {
		return jobs.Job{}, err
	}
	s.live.Background(func(ctx context.Context) { s.jobs.EndIfSilent(ctx, im, importSilence, s.now) })
	return made, nil
}

// ReportImport notes how far the import with the given id of a job is, or how it has
// ended, and returns the job: if it is being canceled, or was, the caller is to stop. Of
// an import that has ended nothing is noted.
func (s *Service) ReportImport(id int64, p jobs.ImportProgress) (jobs.Job, error) {
	return s.jobs.Report(id, p, s.now())
}
