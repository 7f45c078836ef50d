package app

import "context"

// Jobs describes the jobs under way and the last ones that have ended, oldest first.
func (s *Service) Jobs() []Job { return s.jobs.all() }

// Job describes one job, or returns ErrNotFound.
func (s *Service) Job(id int64) (Job, error) { return s.jobs.get(id) }

// WaitJob returns when a job has ended, or ctx has.
func (s *Service) WaitJob(ctx context.Context, id int64) (Job, error) { return s.jobs.wait(ctx, id) }

// CancelJob stops a job and waits until nothing of it is left. One that has ended before
// is left as it is.
func (s *Service) CancelJob(ctx context.Context, id int64) (Job, error) {
	return s.jobs.cancelAndWait(ctx, id)
}
