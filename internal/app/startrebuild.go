package app

import "context"

// StartRebuild begins to make the index of a database from its rows, beside the one that
// is searched meanwhile, and returns the job. A second one for the same database is
// ErrBusy.
func (s *Service) StartRebuild(ctx context.Context, id string) (Job, error) {
	leave, err := s.enter()
	if err != nil {
		return Job{}, err
	}
	defer leave()
	if _, err := s.find(ctx, id); err != nil {
		return Job{}, err
	}
	return s.startRebuild(id)
}
