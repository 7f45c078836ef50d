package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
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
	list []*task // oldest first
	// ended counts all jobs that have, by how.
	ended map[JobState]uint64
}

// task is a job and what goes with it while it runs.
type task struct {
	Job      // State, Ended, Error and the final figures are guarded by jobs.mu
	steps    func() (done, total int64)
	first    int64     // steps that were done before it began
	began    time.Time // by the monotonic clock
	cancel   func()
	canceled bool
	done     chan struct{} // closed when it has ended

	importing *importTask // nil: it is no import
}

// describe returns j as it is now; jobs.mu is held.
func (j *task) describe() Job {
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
func (js *jobs) addOnly(j *task) (Job, error) {
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
func (js *jobs) addFew(j *task, most int) (Job, error) {
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
func (js *jobs) add(j *task) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.addLocked(j)
}

// addLocked registers a job and forgets those of its kind that ended longest ago; js.mu
// is held.
func (js *jobs) addLocked(j *task) {
	js.last++
	j.ID = js.last
	js.list = append(js.list, j)
	ended := 0
	for _, other := range js.list {
		if other.Kind == j.Kind && other.State != JobRunning {
			ended++
		}
	}
	js.list = slices.DeleteFunc(js.list, func(other *task) bool {
		if ended <= keptJobs || other.Kind != j.Kind || other.State == JobRunning {
			return false
		}
		ended--
		return true
	})
}

// end notes how j has ended, unless that is known already.
func (js *jobs) end(j *task, now time.Time, err error) {
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

func (js *jobs) find(id int64) (*task, error) {
	for _, j := range js.list {
		if j.ID == id {
			return j, nil
		}
	}
	return nil, JobNotFound(id)
}

// New returns a task that begins at now. It calls steps, and once at most cancel, with the
// list locked.
func newTask(kind, database string, now time.Time, steps func() (done, total int64), cancel func()) *task {
	return &task{
		Job:   Job{Kind: kind, Database: database, State: JobRunning, Started: now},
		steps: steps, began: time.Now(), cancel: cancel, done: make(chan struct{}),
	}
}

// all describes the jobs under way and the last ones that have ended, oldest first.
func (js *jobs) all() []Job {
	js.mu.Lock()
	defer js.mu.Unlock()
	list := make([]Job, len(js.list))
	for i, j := range js.list {
		list[i] = j.describe()
	}
	return list
}

// get describes one job, or returns ErrNotFound.
func (js *jobs) get(id int64) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j, err := js.find(id)
	if err != nil {
		return Job{}, err
	}
	return j.describe(), nil
}

// wait returns when a job has ended, or ctx has.
func (js *jobs) wait(ctx context.Context, id int64) (Job, error) {
	js.mu.Lock()
	j, err := js.find(id)
	js.mu.Unlock()
	if err != nil {
		return Job{}, err
	}
	select {
	case <-j.done:
		js.mu.Lock()
		defer js.mu.Unlock()
		return j.describe(), nil
	case <-ctx.Done():
		return Job{}, ctx.Err()
	}
}

// cancelAndWait stops a job and waits until nothing of it is left. One that has ended
// before is left as it is.
func (js *jobs) cancelAndWait(ctx context.Context, id int64) (Job, error) {
	js.mu.Lock()
	j, err := js.find(id)
	if err == nil && j.State == JobRunning && !j.canceled {
		j.canceled = true
		j.cancel()
	}
	js.mu.Unlock()
	if err != nil {
		return Job{}, err
	}
	return js.wait(ctx, id)
}
