package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

// JobState says how far a job has come.
type JobState string

// The states of a job; only the first may change.
const (
	JobRunning  JobState = "running"
	JobDone     JobState = "done"
	JobFailed   JobState = "failed"
	JobCanceled JobState = "canceled"
)

// Job describes a long piece of work on one database. Jobs live in memory: one that a
// stop cuts off is gone, and has left nothing behind.
type Job struct {
	ID          int64 // from 1, since the service was made
	Kind        string
	Database    string
	State       JobState
	Done, Total int64     // steps: vectors read, and vectors in the new graph
	Rate        float64   // steps per second since it was started
	Started     time.Time // by the service's clock
	Ended       time.Time // zero while it runs
	Error       string    // why it failed
}

// Percent is how much of j is done, 0 to 100.
func (j Job) Percent() float64 {
	switch {
	case j.State == JobDone:
		return 100
	case j.Total <= 0:
		return 0
	}
	return 100 * min(float64(j.Done)/float64(j.Total), 1)
}

// KindRebuild is a job that makes the index of a database from its rows.
const KindRebuild = "rebuild"

// JobNotFound is the ErrNotFound for a job.
func JobNotFound(id int64) error { return domain.Errorf(domain.ErrNotFound, "Job %d not found", id) }

// keptJobs is how many jobs that have ended are remembered.
const keptJobs = 100

// jobs are the jobs of a service, those under way and the last that have ended.
type jobs struct {
	mu   sync.Mutex // guards all below
	last int64
	list []*job // oldest first
}

type job struct {
	Job      // State, Ended, Error and the final figures are guarded by jobs.mu
	progress *progress
	began    time.Time // by the monotonic clock
	cancel   context.CancelFunc
	canceled bool
	done     chan struct{} // closed when it has ended
}

// progress is how far a rebuild has come.
type progress struct {
	rows  atomic.Int64
	total atomic.Int64
	next  atomic.Pointer[projection] // once its rows are read
}

// steps returns how many are done of how many: each vector is read, and if the database
// is to have a graph, is put into it.
func (p *progress) steps() (done, total int64) {
	done, total = p.rows.Load(), p.total.Load()
	if next := p.next.Load(); next != nil {
		if g := next.graph.Load(); g != nil {
			done += int64(g.Stats().Len)
		}
	}
	return min(done, total), total
}

// describe returns j as it is now; jobs.mu is held.
func (j *job) describe() Job {
	d := j.Job
	if d.State == JobRunning {
		d.Done, d.Total = j.progress.steps()
		if seconds := time.Since(j.began).Seconds(); seconds > 0 {
			d.Rate = float64(d.Done) / seconds
		}
	}
	return d
}

// add registers a job, unless one of its kind is under way for the same database.
func (js *jobs) add(j *job) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, other := range js.list {
		if other.State == JobRunning && other.Kind == j.Kind && other.Database == j.Database {
			return Job{}, domain.Errorf(domain.ErrBusy, "job %d does that already: wait for it, or cancel it", other.ID)
		}
	}
	js.last++
	j.ID = js.last
	js.list = append(js.list, j)
	for i := 0; len(js.list) > keptJobs && i < len(js.list); {
		if js.list[i].State == JobRunning {
			i++
			continue
		}
		js.list = slices.Delete(js.list, i, i+1)
	}
	return j.describe(), nil
}

// end notes how j has ended.
func (js *jobs) end(j *job, now time.Time, err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	defer close(j.done)
	d := j.describe()
	d.Ended, d.State = now, JobDone
	switch {
	case err == nil:
		d.Done = d.Total
	case j.canceled || errors.Is(err, context.Canceled):
		d.State = JobCanceled
	default:
		d.State, d.Error = JobFailed, err.Error()
	}
	j.Job = d
	j.progress = nil // it would keep a projection in memory
}

func (js *jobs) find(id int64) (*job, error) {
	for _, j := range js.list {
		if j.ID == id {
			return j, nil
		}
	}
	return nil, JobNotFound(id)
}

// Jobs describes the jobs under way and the last ones that have ended, oldest first.
func (s *Service) Jobs() []Job {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	list := make([]Job, len(s.jobs.list))
	for i, j := range s.jobs.list {
		list[i] = j.describe()
	}
	return list
}

// Job describes one job, or returns ErrNotFound.
func (s *Service) Job(id int64) (Job, error) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	j, err := s.jobs.find(id)
	if err != nil {
		return Job{}, err
	}
	return j.describe(), nil
}

// WaitJob returns when a job has ended, or ctx has.
func (s *Service) WaitJob(ctx context.Context, id int64) (Job, error) {
	s.jobs.mu.Lock()
	j, err := s.jobs.find(id)
	s.jobs.mu.Unlock()
	if err != nil {
		return Job{}, err
	}
	select {
	case <-j.done:
		s.jobs.mu.Lock()
		defer s.jobs.mu.Unlock()
		return j.describe(), nil
	case <-ctx.Done():
		return Job{}, ctx.Err()
	}
}

// CancelJob stops a job and waits until nothing of it is left. One that has ended before
// is left as it is.
func (s *Service) CancelJob(ctx context.Context, id int64) (Job, error) {
	s.jobs.mu.Lock()
	j, err := s.jobs.find(id)
	if err == nil && j.State == JobRunning {
		j.canceled = true
		j.cancel()
	}
	s.jobs.mu.Unlock()
	if err != nil {
		return Job{}, err
	}
	return s.WaitJob(ctx, id)
}

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
	running, cancel := context.WithCancel(s.ctx)
	j := &job{
		Job:      Job{Kind: KindRebuild, Database: id, State: JobRunning, Started: s.now()},
		progress: new(progress), began: time.Now(), cancel: cancel, done: make(chan struct{}),
	}
	p := j.progress
	made, err := s.jobs.add(j)
	if err != nil {
		cancel()
		return Job{}, err
	}
	s.background(func(context.Context) {
		defer cancel()
		err := s.with(running, id, func(db *database) error {
			if err := db.wait(running); err != nil {
				return err
			}
			return s.rebuild(running, db, p)
		})
		s.jobs.end(j, s.now(), err)
	})
	return made, nil
}
