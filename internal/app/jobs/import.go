package jobs

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
	// State is how the import has ended; Running, or "", is that it goes on.
	State State
	Error string // why, if it has failed
}

func (p ImportProgress) check() error {
	if p.Done < 0 || p.Total < 0 {
		return domain.Errorf(domain.ErrInvalid, "done and total of an import must be at least 0, got %d and %d", p.Done, p.Total)
	}
	switch p.State {
	case "", Running, Done, Failed, Canceled:
	default:
		return domain.Errorf(domain.ErrInvalid, "state of an import must be running, done, failed or canceled")
	}
	return nil
}

// AddImport registers an import that its caller reports on, unless most are under way.
func (js *List) AddImport(database string, now time.Time, p ImportProgress, most int) (*Import, Job, error) {
	if err := p.check(); err != nil {
		return nil, Job{}, err
	}
	im := &Import{heard: make(chan struct{}, 1)}
	im.note(p)
	im.Task = NewTask(KindImport, database, now, im.steps, func() {}) // the caller is notified when it reports
	im.Task.importing, im.Task.first = im, p.Done
	made, err := js.addLimited(im.Task, most)
	return im, made, err
}

// Import is an import under way.
type Import struct {
	*Task
	done, total atomic.Int64
	heard       chan struct{} // holds one word of the caller at most
}

func (im *Import) note(p ImportProgress) {
	im.done.Store(p.Done)
	im.total.Store(p.Total)
	select {
	case im.heard <- struct{}{}:
	default:
	}
}

func (im *Import) steps() (done, total int64) {
	done = im.done.Load()
	return done, max(done, im.total.Load())
}

// EndIfSilent ends im when nothing has been heard of its caller for so long, or ctx ends,
// and returns when it has ended.
func (js *List) EndIfSilent(ctx context.Context, im *Import, silence time.Duration, now func() time.Time) {
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for {
		select {
		case <-im.heard:
			timer.Reset(silence)
		case <-timer.C:
			js.End(im.Task, now(), fmt.Errorf("nothing was heard of the importer for %v: whole batches are stored, and importing the rest again stores no keyed row twice", silence))
			return
		case <-im.Task.done:
			return
		case <-ctx.Done():
			js.End(im.Task, now(), ctx.Err())
			return
		}
	}
}

// Report notes how far an import is, or how it has ended, and returns its job.
func (js *List) Report(id int64, p ImportProgress, now time.Time) (Job, error) {
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
	if t.State == Running {
		t.importing.note(p)
	}
	js.mu.Unlock()
	switch p.State {
	case Done:
		js.End(t, now, nil)
	case Failed:
		if p.Error == "" {
			p.Error = "the importer did not say why"
		}
		js.End(t, now, errors.New(p.Error))
	case Canceled:
		js.End(t, now, context.Canceled)
	case Running:
	}
	return js.Get(id)
}
