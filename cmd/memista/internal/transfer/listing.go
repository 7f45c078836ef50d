package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/memista/memista/client"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/app/importer"
)

const (
	// tellEvery is how often a server is told how far an import is, and says whether it is
	// to stop.
	tellEvery = time.Second
	// lastWord is how long telling it the end may take.
	lastWord = 5 * time.Second
)

// errCanceledThere says that somebody canceled an import at the server.
var errCanceledThere = errors.New("canceled at the server")

// listing is an import as a server lists it among its jobs. What cannot be told is no
// reason to stop: the rows are what counts.
type listing struct {
	client   *client.Client
	database string
	stop     context.CancelCauseFunc // of the import

	telling context.Context // ends before the last word
	quiet   context.CancelFunc
	ended   sync.WaitGroup

	mu   sync.Mutex // guards all below
	job  int64      // 0: it is not listed
	now  client.ImportProgress
	gone bool // the server knows no such jobs
}

// listImport begins to list an import into database, if s is a server, and returns the context
// under which it is to run. end is called when it has ended.
func listImport(ctx context.Context, s *store.Store, database string) (context.Context, *listing) {
	if s.Server == nil {
		return ctx, &listing{gone: true, quiet: func() {}}
	}
	running, stop := context.WithCancelCause(ctx)
	l := &listing{client: s.Server, database: database, stop: stop}
	l.telling, l.quiet = context.WithCancel(ctx)
	return running, l
}

// began is told after which row the import begins.
func (l *listing) began(after int64) {
	if l.client == nil {
		return
	}
	l.note(after, 0)
	l.tell()
	l.ended.Go(func() {
		tick := time.NewTicker(tellEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.tell()
			case <-l.telling.Done():
				return
			}
		}
	})
}

// progress is told after each batch. The number of rows is guessed from the bytes.
func (l *listing) progress(p importer.Progress) {
	total := int64(0)
	if p.Read > 0 {
		total = int64(float64(p.Row) * float64(p.Size) / float64(p.Read))
	}
	l.note(p.Row, total)
}

func (l *listing) note(done, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now.Done, l.now.Total = done, total
}

// tell tells the server how far the import is, and stops it if that says so.
func (l *listing) tell() {
	l.mu.Lock()
	job, now, gone := l.job, l.now, l.gone
	l.mu.Unlock()
	if gone {
		return
	}
	var j client.Job
	var err error
	if job == 0 {
		j, err = l.client.StartImport(l.telling, l.database, now.Done, now.Total)
	} else {
		j, err = l.client.ReportImport(l.telling, job, now)
	}
	e, refused := errors.AsType[*client.Error](err)
	switch {
	case err == nil && (j.Canceling || j.State == "canceled"):
		job = j.ID
		l.stop(errCanceledThere)
	case err == nil && j.State == "running":
		job = j.ID
	case err == nil || refused && job != 0 && e.Status == 404: // it heard nothing for too long, or was started anew
		job = 0
	case refused && (e.Status == 404 || e.Status == 405): // an older one
		gone = true
	}
	l.mu.Lock()
	l.job, l.gone = job, gone
	l.mu.Unlock()
}

// end tells the server how the import has ended, and returns the reason why it did.
func (l *listing) end(ctx context.Context, err error) error {
	l.quiet()
	l.ended.Wait()
	if l.client == nil || l.job == 0 {
		return err
	}
	l.now.State = "done"
	switch cause := context.Cause(ctx); {
	case errors.Is(err, context.Canceled):
		l.now.State = "canceled"
		if errors.Is(cause, errCanceledThere) {
			err = errors.Join(errCanceledThere, err)
		}
	case err != nil:
		l.now.State, l.now.Error = "failed", err.Error()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	_, _ = l.client.ReportImport(last, l.job, l.now) // if it is not told it will notice
	l.stop(nil)
	return err
}
