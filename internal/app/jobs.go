package app

import (
	"context"
	"errors"
	"maps"
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
	Canceling   bool      // it was canceled and has not ended yet
	Done, Total int64     // steps, as the kind of the job counts them
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

// The kinds of jobs.
const (
	// KindRebuild makes the index of a database from its rows. Its steps are vectors read,
	// and vectors in the new graph.
	KindRebuild = "rebuild"
	// KindCompaction gives back what deleted chunks left in an index. It begins by itself
	// after many deletes: removed vectors are taken out of the graph, or a database that
	// has become small loses its graph. Its steps are entries of the index looked at.
	KindCompaction = "compaction"
	// KindAlter gives a database other settings, which need another index of its vectors or
	// of its texts. Its steps are vectors read, vectors in the new graph, and texts.
	KindAlter = "alter"
	// KindImport is a caller's import of a long source, one insert after another. Its steps
	// are rows. What it has stored stays when it is canceled.
	KindImport = "import"
)

// JobNotFound is the ErrNotFound for a job.
func JobNotFound(id int64) error { return domain.Errorf(domain.ErrNotFound, "Job %d not found", id) }

// keptJobs is how many jobs of a kind that have ended are remembered.
const keptJobs = 100

// jobs are the jobs of a service, those under way and the last that have ended.
type jobs struct {
	mu   sync.Mutex // guards all below
	last int64
	list []*job // oldest first
	// ended counts all jobs that have, by how.
	ended map[JobState]uint64
}

type job struct {
	Job      // State, Ended, Error and the final figures are guarded by jobs.mu
	steps    func() (done, total int64)
	first    int64     // steps that were done before it began
	began    time.Time // by the monotonic clock
	cancel   func()
	canceled bool
	done     chan struct{} // closed when it has ended

	importing *importing // nil: it is no import
}

// newJob returns a job that begins now. It calls steps, and once at most cancel, with
// jobs.mu held.
func (s *Service) newJob(kind, database string, steps func() (done, total int64), cancel func()) *job {
	return &job{
		Job:   Job{Kind: kind, Database: database, State: JobRunning, Started: s.now()},
		steps: steps, began: time.Now(), cancel: cancel, done: make(chan struct{}),
	}
}

// progress is how far a rebuild has come.
type progress struct {
	strict bool // vectors are checked again, by another metric

	rows  atomic.Int64
	texts atomic.Int64 // that were indexed anew
	total atomic.Int64
	next  atomic.Pointer[projection] // once its rows are read
}

// steps returns how many are done of how many: each vector is read, and if the database
// is to have a graph, is put into it.
func (p *progress) steps() (done, total int64) {
	done, total = p.rows.Load()+p.texts.Load(), p.total.Load()
	if next := p.next.Load(); next != nil {
		if g := next.graph.Load(); g != nil {
			done += int64(g.Stats().Len)
		}
	}
	return min(done, total), total
}

// reset begins anew.
func (p *progress) reset() {
	p.rows.Store(0)
	p.texts.Store(0)
	p.total.Store(0)
	p.next.Store(nil)
}

// describe returns j as it is now; jobs.mu is held.
func (j *job) describe() Job {
	d := j.Job
	if d.State == JobRunning {
		d.Canceling = j.canceled
		d.Done, d.Total = j.steps()
		if seconds := time.Since(j.began).Seconds(); seconds > 0 {
			d.Rate = float64(d.Done-j.first) / seconds
		}
	}
	return d
}

// addOnly registers a job, unless one of its kind is under way for the same database.
func (js *jobs) addOnly(j *job) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, other := range js.list {
		if other.State == JobRunning && other.Kind == j.Kind && other.Database == j.Database {
			return Job{}, domain.Errorf(domain.ErrBusy, "job %d does that already: wait for it, or cancel it", other.ID)
		}
	}
	js.addLocked(j)
	return j.describe(), nil
}

// addFew registers a job, unless most of its kind are under way.
func (js *jobs) addFew(j *job, most int) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	running := 0
	for _, other := range js.list {
		if other.State == JobRunning && other.Kind == j.Kind {
			running++
		}
	}
	if running >= most {
		return Job{}, domain.Errorf(domain.ErrBusy, "%d jobs of kind %s are under way: wait for one to end", running, j.Kind)
	}
	js.addLocked(j)
	return j.describe(), nil
}

// add registers a job.
func (js *jobs) add(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.addLocked(j)
}

// addLocked registers a job and forgets those of its kind that ended longest ago; js.mu
// is held.
func (js *jobs) addLocked(j *job) {
	js.last++
	j.ID = js.last
	js.list = append(js.list, j)
	ended := 0
	for _, other := range js.list {
		if other.Kind == j.Kind && other.State != JobRunning {
			ended++
		}
	}
	js.list = slices.DeleteFunc(js.list, func(other *job) bool {
		if ended <= keptJobs || other.Kind != j.Kind || other.State == JobRunning {
			return false
		}
		ended--
		return true
	})
}

// end notes how j has ended, unless that is known already.
func (js *jobs) end(j *job, now time.Time, err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j.State != JobRunning {
		return
	}
	defer close(j.done)
	d := j.describe()
	d.Ended, d.State, d.Canceling = now, JobDone, false
	switch {
	case err == nil:
		d.Done = d.Total
	case j.canceled || errors.Is(err, context.Canceled):
		d.State = JobCanceled
	default:
		d.State, d.Error = JobFailed, err.Error()
	}
	if js.ended == nil {
		js.ended = map[JobState]uint64{}
	}
	js.ended[d.State]++
	j.Job = d
	j.steps, j.cancel = nil, nil // they would keep a projection in memory
}

// figures returns how many jobs are under way, and how many have ended in each state.
func (js *jobs) figures() (running int, ended map[JobState]uint64) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if j.State == JobRunning {
			running++
		}
	}
	return running, maps.Clone(js.ended)
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
	if err == nil && j.State == JobRunning && !j.canceled {
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
	told := new(progress)
	j := s.newJob(KindRebuild, id, told.steps, cancel)
	made, err := s.jobs.addOnly(j)
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
			return s.rebuild(running, db, told)
		})
		s.jobs.end(j, s.now(), err)
	})
	return made, nil
}
