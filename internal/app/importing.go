package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
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

// addImport registers an import that its caller reports on, unless most are under way.
func (js *jobs) addImport(database string, now time.Time, p ImportProgress, most int) (*importTask, Job, error) {
	if err := p.check(); err != nil {
		return nil, Job{}, err
	}
	im := &importTask{heard: make(chan struct{}, 1)}
	im.note(p)
	im.task = newTask(KindImport, database, now, im.steps, func() {}) // the caller is told when it reports
	im.task.importing, im.task.first = im, p.Done
	made, err := js.addFew(im.task, most)
	return im, made, err
}

// importTask is an import under way.
type importTask struct {
	*task
	done, total atomic.Int64
	heard       chan struct{} // holds one word of the caller at most
}

func (im *importTask) note(p ImportProgress) {
	im.done.Store(p.Done)
	im.total.Store(p.Total)
	select {
	case im.heard <- struct{}{}:
	default:
	}
}

func (im *importTask) steps() (done, total int64) {
	done = im.done.Load()
	return done, max(done, im.total.Load())
}

// endIfSilent ends im when nothing has been heard of its caller for so long, or ctx ends,
// and returns when it has ended.
func (js *jobs) endIfSilent(ctx context.Context, im *importTask, silence time.Duration, now func() time.Time) {
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for {
		select {
		case <-im.heard:
			timer.Reset(silence)
		case <-timer.C:
			js.end(im.task, now(), fmt.Errorf("nothing was heard of the importer for %v: whole batches are stored, and importing the rest again stores no keyed row twice", silence))
			return
		case <-im.task.done:
			return
		case <-ctx.Done():
			js.end(im.task, now(), ctx.Err())
			return
		}
	}
}

// report notes how far an import is, or how it has ended, and returns its job.
func (js *jobs) report(id int64, p ImportProgress, now time.Time) (Job, error) {
	if err := p.check(); err != nil {
		return Job{}, err
	}
	js.mu.Lock()
	t, err := js.find(id)
	if err == nil && t.Kind != KindImport {
		err = domain.Errorf(domain.ErrInvalid, "job %d is a %s: progress is told of imports", id, t.Kind)
	}
	if err != nil {
		js.mu.Unlock()
		return Job{}, err
	}
	if t.State == JobRunning {
		t.importing.note(p)
	}
	js.mu.Unlock()
	switch p.State {
	case JobDone:
		js.end(t, now, nil)
	case JobFailed:
		if p.Error == "" {
			p.Error = "the importer did not say why"
		}
		js.end(t, now, errors.New(p.Error))
	case JobCanceled:
		js.end(t, now, context.Canceled)
	case JobRunning:
	}
	return js.get(id)
}
