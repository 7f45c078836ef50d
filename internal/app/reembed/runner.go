package reembed

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// Request names the embedder that a database is to get.
type Request struct {
	Database string
	Embedder domain.EmbedderRef
	Metric   domain.Metric // by which the embeddings are to be compared; "": as now
}

// Config is what a Runner works with.
type Config struct {
	Live       *live.Registry
	Repository ports.Reembedder
	Jobs       *jobs.List
	// Open returns an embedder and its model.
	Open    func(context.Context, domain.EmbedderRef) (ports.Embedder, domain.Model, error)
	MaxDims int
	Now     func() time.Time
}

// Runner starts the jobs. It is safe for concurrent use.
type Runner struct {
	Config
	starting sync.Mutex // held while a job is started
}

// New returns a Runner over c.
func New(c Config) *Runner { return &Runner{Config: c} }

// Start starts the job that gives a database another embedder. One that was cut off, or has
// failed, goes on where it was if it is for the same model; else what it has made is given
// up. It is ErrBusy while one is under way for the database, ErrConflict if the database has
// that embedder, and ErrInvalid if chunks have no text.
func (r *Runner) Start(ctx context.Context, in Request) (jobs.Job, error) {
	if _, err := r.Live.Find(ctx, in.Database); err != nil {
		return jobs.Job{}, err
	}
	embedder, model, err := r.Open(ctx, in.Embedder)
	if err != nil {
		return jobs.Job{}, err
	}
	r.starting.Lock()
	defer r.starting.Unlock()
	if err := r.Jobs.Idle(jobs.KindReembed, in.Database); err != nil {
		return jobs.Job{}, err
	}
	db, err := r.Live.Find(ctx, in.Database) // after one that may have ended meanwhile
	if err != nil {
		return jobs.Job{}, err
	}
	to, err := r.target(ctx, db, in, model)
	if err != nil {
		return jobs.Job{}, err
	}
	w := &work{r: r, db: db, to: to, embedder: embedder}
	if err := w.begin(ctx); err != nil && !errors.Is(err, domain.ErrBusy) { // which the job waits for
		return jobs.Job{}, err
	}
	return r.run(in.Database, w.total(), w.run)
}

// target returns what db is to become: what it was begun for before, if that is the same.
func (r *Runner) target(ctx context.Context, db domain.Database, in Request, model domain.Model) (domain.Reembedding, error) {
	to := domain.Reembedding{Embedder: domain.Embedder{EmbedderRef: in.Embedder, Fingerprint: model.Fingerprint}, Dims: model.Dims, Metric: in.Metric}
	begun, err := r.Repository.Reembeddings(ctx)
	if err != nil {
		return to, err
	}
	have, ok := begun[db.ID]
	switch _, err := domain.ParseMetric(string(to.Apply(db.Settings).Metric)); {
	case err != nil:
		return to, err
	case model.Dims > r.MaxDims:
		return to, domain.Errorf(domain.ErrInvalid, "the embedder %s makes embeddings of %d dimensions, at most %d are allowed", in.Embedder, model.Dims, r.MaxDims)
	case same(to, domain.Reembedding{Embedder: db.Embedder, Dims: db.Dims}) && to.Apply(db.Settings).Metric == db.Metric:
		if ok { // what was begun for another model is not wanted any more
			if err := r.Repository.ForgetReembedding(ctx, db); err != nil {
				return to, err
			}
		}
		return to, domain.Errorf(domain.ErrConflict, "the embeddings of Database '%s' are by %s already", db.ID, in.Embedder)
	}
	if ok && in.Metric == "" {
		to.Metric = have.Metric
	}
	switch {
	case ok && same(to, have) && to.Metric == have.Metric:
		to = have
	case ok:
		err = r.Repository.ForgetReembedding(ctx, db)
	}
	return to, err
}

// same reports whether embeddings of a and b are of one model.
func same(a, b domain.Reembedding) bool {
	return a.Embedder.EmbedderRef == b.Embedder.EmbedderRef && a.Dims == b.Dims &&
		fingerprint.Same(a.Embedder.Fingerprint, b.Embedder.Fingerprint)
}

// Resume starts the jobs that a stop or a kill has cut off. One that cannot go on fails as
// a job.
func (r *Runner) Resume(ctx context.Context) error {
	begun, err := r.Repository.Reembeddings(ctx)
	if err != nil {
		return err
	}
	r.starting.Lock()
	defer r.starting.Unlock()
	for id, to := range begun {
		_, err := r.run(id, 0, func(ctx context.Context, steps *jobs.Progress) error { return r.resume(ctx, id, to, steps) })
		if err != nil && !errors.Is(err, domain.ErrBusy) {
			return err
		}
	}
	return nil
}

// resume is the work of one of them.
func (r *Runner) resume(ctx context.Context, id string, to domain.Reembedding, steps *jobs.Progress) error {
	db, err := r.Live.Find(ctx, id)
	if err != nil {
		return err
	}
	embedder, model, err := r.Open(ctx, to.Embedder.EmbedderRef)
	if err != nil {
		return err
	}
	if !fingerprint.Same(model.Fingerprint, to.Embedder.Fingerprint) {
		return domain.Errorf(domain.ErrConflict, "%s is another model now than the one with which this was begun: re-embed the database again to begin with it", to.Embedder.EmbedderRef)
	}
	w := &work{r: r, db: db, to: to, embedder: embedder}
	return w.run(ctx, steps)
}

// run runs fn as a job of so many steps on database id. What has been made is given up only when somebody
// cancels the job: a stop leaves it to the next start, a failure to the next try.
func (r *Runner) run(id string, total int64, fn func(context.Context, *jobs.Progress) error) (jobs.Job, error) {
	running, cancel := context.WithCancel(context.Background())
	steps := new(jobs.Progress)
	steps.Total.Store(total)
	t := jobs.NewTask(jobs.KindReembed, id, r.Now(), steps.Figures, cancel)
	made, err := r.Jobs.AddUnique(t)
	if err != nil {
		cancel()
		return jobs.Job{}, err
	}
	r.Live.Background(func(until context.Context) {
		defer cancel()
		defer context.AfterFunc(until, cancel)()
		err := fn(running, steps)
		if err != nil && running.Err() != nil && until.Err() == nil {
			err = errors.Join(err, r.forget(until, id))
		}
		r.Jobs.End(t, r.Now(), err)
	})
	return made, nil
}

// forget gives up what was made for database id.
func (r *Runner) forget(ctx context.Context, id string) error {
	db, err := r.Live.Find(ctx, id)
	if err == nil {
		err = r.Repository.ForgetReembedding(ctx, db)
	}
	if errors.Is(err, domain.ErrNotFound) {
		return nil // dropped
	}
	return err
}
