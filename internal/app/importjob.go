package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/domain"
)

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
	s.live.Background(func(ctx context.Context) { s.jobs.EndIfSilent(ctx, im, s.importSilence, s.now) })
	return made, nil
}

// ReportImport notes how far the import with the given id of a job is, or how it has
// ended, and returns the job: if it is being canceled, or was, the caller is to stop. Of
// an import that has ended nothing is noted.
func (s *Service) ReportImport(id int64, p jobs.ImportProgress) (jobs.Job, error) {
	return s.jobs.Report(id, p, s.now())
}
