package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/reembed"
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

// Reembed names the embedder that a database is to get.
type Reembed = reembed.Request

// StartReembed begins to give a database another embedder, and returns the job: embeddings
// by its model are made from the stored texts and take the place of those in use in one
// step, which are searched until then. A job for the same model that was cut off, or has
// failed, goes on where it was; one that is canceled leaves all as it was. It is ErrBusy
// while one is under way for the database, ErrConflict if the database has that embedder,
// and ErrInvalid if chunks have no text; it says how many.
func (s *Service) StartReembed(ctx context.Context, in Reembed) (jobs.Job, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return jobs.Job{}, err
	}
	defer leave()
	if err := in.Embedder.Check(); err != nil {
		return jobs.Job{}, err
	}
	return s.reembed.Start(ctx, in)
}

// ResumeReembeds starts the jobs of StartReembed again that a stop or a kill has cut off.
func (s *Service) ResumeReembeds(ctx context.Context) error {
	leave, err := s.live.Enter()
	if err != nil {
		return err
	}
	defer leave()
	if s.live.WriteProtected() {
		return nil
	}
	return s.reembed.Resume(ctx)
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
