package app

import (
	"context"

	"github.com/memista/memista/internal/app/jobs"
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
