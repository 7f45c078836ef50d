package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

const (
	// importSilence is after how long without a word of its caller an import counts as
	// failed. A caller that is there says something every second.
	importSilence = 15 * time.Second
	// maxImports bounds how many may be under way.
	maxImports = 100
)

// ImportProgress is what a caller tells of its import.
type ImportProgress struct {
	Done  int64 // rows stored, those of an earlier attempt included
	Total int64 // rows there are, as far as that is known; 0: it is not
	// State is how the import has ended; JobRunning, or "", is that it goes on.
	State JobState
	Error string // why, if it has failed
}

func (p ImportProgress) check() error {
	if p.Done < 0 || p.Total < 0 {
		return domain.Errorf(domain.ErrInvalid, "done and total of an import must be at least 0, got %d and %d", p.Done, p.Total)
	}
	switch p.State {
	case "", JobRunning, JobDone, JobFailed, JobCanceled:
	default:
		return domain.Errorf(domain.ErrInvalid, "state of an import must be running, done, failed or canceled")
	}
	return nil
}

// importing is an import under way.
type importing struct {
	done, total atomic.Int64
	heard       chan struct{} // holds one word of the caller at most
}

func (im *importing) note(p ImportProgress) {
	im.done.Store(p.Done)
	im.total.Store(p.Total)
	select {
	case im.heard <- struct{}{}:
	default:
	}
}

func (im *importing) steps() (done, total int64) {
	done = im.done.Load()
	return done, max(done, im.total.Load())
}

// StartImport lists an import into database id, which need not exist yet, among the jobs.
// The rows are inserted by the caller, who tells with ReportImport how far it is, every
// second or so, and stops when it is told that the job is being canceled.
func (s *Service) StartImport(id string, p ImportProgress) (Job, error) {
	leave, err := s.enter()
	if err != nil {
		return Job{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return Job{}, err
	}
	if err := p.check(); err != nil {
		return Job{}, err
	}
	im := &importing{heard: make(chan struct{}, 1)}
	im.note(p)
	j := s.newJob(KindImport, id, im.steps, func() {}) // the caller is told when it reports
	j.importing, j.first = im, p.Done
	made, err := s.jobs.addFew(j, maxImports)
	if err != nil {
		return Job{}, err
	}
	s.background(func(ctx context.Context) { s.listen(ctx, j, im) })
	return made, nil
}

// listen ends j when nothing has been heard of its caller for long.
func (s *Service) listen(ctx context.Context, j *job, im *importing) {
	silence := time.NewTimer(s.importSilence)
	defer silence.Stop()
	for {
		select {
		case <-im.heard:
			silence.Reset(s.importSilence)
		case <-silence.C:
			s.jobs.end(j, s.now(), fmt.Errorf("nothing was heard of the importer for %v: whole batches are stored, and importing the rest again stores no keyed row twice", s.importSilence))
			return
		case <-j.done:
			return
		case <-ctx.Done():
			s.jobs.end(j, s.now(), ctx.Err())
			return
		}
	}
}

// ReportImport notes how far the import with the given id of a job is, or how it has
// ended, and returns the job: if it is being canceled, or was, the caller is to stop. Of
// an import that has ended nothing is noted.
func (s *Service) ReportImport(id int64, p ImportProgress) (Job, error) {
	if err := p.check(); err != nil {
		return Job{}, err
	}
	s.jobs.mu.Lock()
	j, err := s.jobs.find(id)
	if err == nil && j.Kind != KindImport {
		err = domain.Errorf(domain.ErrInvalid, "job %d is a %s: progress is told of imports", id, j.Kind)
	}
	if err != nil {
		s.jobs.mu.Unlock()
		return Job{}, err
	}
	if j.State == JobRunning {
		j.importing.note(p)
	}
	s.jobs.mu.Unlock()
	switch p.State {
	case JobDone:
		s.jobs.end(j, s.now(), nil)
	case JobFailed:
		if p.Error == "" {
			p.Error = "the importer did not say why"
		}
		s.jobs.end(j, s.now(), errors.New(p.Error))
	case JobCanceled:
		s.jobs.end(j, s.now(), context.Canceled)
	case JobRunning:
	}
	return s.Job(id)
}
