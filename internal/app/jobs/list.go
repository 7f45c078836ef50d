package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
)

// State says how far a job has come.
type State string

// The states of a job; only the first may change.
const (
	Running  State = "running"
	Done     State = "done"
	Failed   State = "failed"
	Canceled State = "canceled"
)

// Job describes a long piece of work on one database. Jobs live in memory: one that a
// stop cuts off is gone, and has left nothing behind, but for KindReembed.
type Job struct {
	ID          int64 // from 1, since the service was made
	Kind        string
	Database    string
	State       State
	Canceling   bool      // it was canceled and has not ended yet
	Done, Total int64     // steps, as the kind of the job counts them
	Rate        float64   // steps per second since it was started
	Started     time.Time // by the service's clock
	Ended       time.Time // zero while it runs
	Error       string    // why it failed
	cause       error     // the same, with its kind
}

// Failure returns why j has ended without being done, with its kind: context.Canceled where
// it was canceled; nil while it runs and where it is done.
func (j Job) Failure() error {
	if j.State == Canceled {
		return context.Canceled
	}
	return j.cause
}

// Percent is how much of j is done, 0 to 100.
func (j Job) Percent() float64 {
	switch {
	case j.State == Done:
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
	// KindReembed gives a database another embedder. Its steps are texts embedded, vectors
	// read, and vectors in the new graph.
	KindReembed = "re-embed"
	// KindImport is a caller's import of a long source, one insert after another. Its steps
	// are rows. What it has stored stays when it is canceled.
	KindImport = "import"
)

// NotFound is the ErrNotFound for a job.
func NotFound(id int64) error { return domain.Errorf(domain.ErrNotFound, "Job %d not found", id) }

// keptPerKind is how many jobs of a kind that have ended are remembered.
const keptPerKind = 100

// List are the jobs of a service, those under way and the last that have ended.
type List struct {
	mu   sync.Mutex // guards all below
	last int64
	list []*Task // oldest first
	// ended counts all jobs that have, by how.
	ended map[State]uint64
}

// Task is a job and what goes with it while it runs.
type Task struct {
	Job      // State, Ended, Error and the final figures are guarded by jobs.mu
	steps    func() (done, total int64)
	first    int64     // steps that were done before it began
	began    time.Time // by the monotonic clock
	cancel   func()
	canceled bool
	done     chan struct{} // closed when it has ended

	importing *Import // nil: it is no import
}

// describe returns j as it is now; jobs.mu is held.
func (j *Task) describe() Job {
	d := j.Job
	if d.State == Running {
		d.Canceling = j.canceled
		d.Done, d.Total = j.steps()
		if seconds := time.Since(j.began).Seconds(); seconds > 0 {
			d.Rate = float64(d.Done-j.first) / seconds
		}
	}
	return d
}

// AddUnique registers a job, unless one of its kind is under way for the same database.
func (js *List) AddUnique(j *Task) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if err := js.idle(j.Kind, j.Database); err != nil {
		return Job{}, err
	}
	js.addLocked(j)
	return j.describe(), nil
}

// Idle is ErrBusy while a job of that kind is under way for the database.
func (js *List) Idle(kind, database string) error {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.idle(kind, database)
}

// idle is Idle; jobs.mu is held.
func (js *List) idle(kind, database string) error {
	for _, other := range js.list {
		if other.State == Running && other.Kind == kind && other.Database == database {
			return domain.Errorf(domain.ErrBusy, "job %d does that already: wait for it, or cancel it", other.ID)
		}
	}
	return nil
}

// addLimited registers a job, unless most of its kind are under way.
func (js *List) addLimited(j *Task, most int) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	running := 0
	for _, other := range js.list {
		if other.State == Running && other.Kind == j.Kind {
			running++
		}
	}
	if running >= most {
		return Job{}, domain.Errorf(domain.ErrBusy, "%d jobs of kind %s are under way: wait for one to end", running, j.Kind)
	}
	js.addLocked(j)
	return j.describe(), nil
}

// Add registers a job.
func (js *List) Add(j *Task) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.addLocked(j)
}

// addLocked registers a job and forgets those of its kind that ended longest ago; js.mu
// is held.
func (js *List) addLocked(j *Task) {
	js.last++
	j.ID = js.last
	js.list = append(js.list, j)
	ended := 0
	for _, other := range js.list {
		if other.Kind == j.Kind && other.State != Running {
			ended++
		}
	}
	js.list = slices.DeleteFunc(js.list, func(other *Task) bool {
		if ended <= keptPerKind || other.Kind != j.Kind || other.State == Running {
			return false
		}
		ended--
		return true
	})
}

// End notes how j has ended, unless that is known already.
func (js *List) End(j *Task, now time.Time, err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j.State != Running {
		return
	}
	defer close(j.done)
	d := j.describe()
	d.Ended, d.State, d.Canceling = now, Done, false
	switch {
	case err == nil:
		d.Done = d.Total
	case j.canceled || errors.Is(err, context.Canceled):
		d.State = Canceled
	default:
		d.State, d.Error, d.cause = Failed, err.Error(), err
	}
	if js.ended == nil {
		js.ended = map[State]uint64{}
	}
	js.ended[d.State]++
	j.Job = d
	j.steps, j.cancel = nil, nil // they would keep an index in memory
}

// Counts returns how many jobs are under way, and how many have ended in each state.
func (js *List) Counts() (running int, ended map[State]uint64) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if j.State == Running {
			running++
		}
	}
	return running, maps.Clone(js.ended)
}

func (js *List) find(id int64) (*Task, error) {
	for _, j := range js.list {
		if j.ID == id {
			return j, nil
		}
	}
	return nil, NotFound(id)
}

// NewTask returns a task that begins at now. It calls steps, and once at most cancel, with the
// list locked.
func NewTask(kind, database string, now time.Time, steps func() (done, total int64), cancel func()) *Task {
	return &Task{
		Job:   Job{Kind: kind, Database: database, State: Running, Started: now},
		steps: steps, began: time.Now(), cancel: cancel, done: make(chan struct{}),
	}
}

// All describes the jobs under way and the last ones that have ended, oldest first.
func (js *List) All() []Job {
	js.mu.Lock()
	defer js.mu.Unlock()
	list := make([]Job, len(js.list))
	for i, j := range js.list {
		list[i] = j.describe()
	}
	return list
}

// Get describes one job, or returns ErrNotFound.
func (js *List) Get(id int64) (Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j, err := js.find(id)
	if err != nil {
		return Job{}, err
	}
	return j.describe(), nil
}

// Wait returns when a job has ended, or ctx has.
func (js *List) Wait(ctx context.Context, id int64) (Job, error) {
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

// Cancel stops a job and waits until nothing of it is left. One that has ended
// before is left as it is.
func (js *List) Cancel(ctx context.Context, id int64) (Job, error) {
	js.mu.Lock()
	j, err := js.find(id)
	if err == nil && j.State == Running && !j.canceled {
		j.canceled = true
		j.cancel()
	}
	js.mu.Unlock()
	if err != nil {
		return Job{}, err
	}
	return js.Wait(ctx, id)
}
