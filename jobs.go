package memista

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Rebuild makes the index of a database anew from its rows, beside the one that is
// searched meanwhile. If ctx ends before that is done, everything is as it was.
func (db *DB) Rebuild(ctx context.Context, id string) error {
	j, err := db.StartRebuild(ctx, id)
	if err != nil {
		return err
	}
	return db.await(ctx, j.ID)
}

// StartRebuild is Rebuild that does not wait: it returns the job.
func (db *DB) StartRebuild(ctx context.Context, id string) (Job, error) {
	return fromJobOr(db.svc.StartRebuild(ctx, id))
}

// Reembed gives a database another embedder: embeddings by it are made of the stored texts,
// while searches and writes go on with those of before, and take their place in one step. If
// ctx ends before that is done, everything is as it was. After a failure, and where the file
// was closed meanwhile, it goes on where it was when it is called again. It is ErrConflict if
// the database has that embedder, and ErrInvalid if chunks have no text. o may be nil.
func (db *DB) Reembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) error {
	j, err := db.StartReembed(ctx, id, e, o)
	if err != nil {
		return err
	}
	return db.await(ctx, j.ID)
}

// StartReembed is Reembed that does not wait: it returns the job.
func (db *DB) StartReembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) (Job, error) {
	in := app.Reembed{Database: id, Embedder: domain.EmbedderRef{Provider: e.Provider, Model: e.Model}}
	if o != nil {
		in.Metric = domain.Metric(o.Metric)
	}
	return fromJobOr(db.svc.StartReembed(ctx, in))
}

// await returns when a job is done, or cancels it when ctx ends.
func (db *DB) await(ctx context.Context, id int64) error {
	ended, err := db.WaitJob(ctx, id)
	if err != nil {
		_, cancelErr := db.CancelJob(context.WithoutCancel(ctx), id)
		return errors.Join(err, cancelErr)
	}
	return ended.Err
}

// WaitIndexed returns when the graph of a database has every vector that was stored before
// the call, at once where the database is so small that it has none. Searches find all of
// them before that, too: what the graph lacks is compared one by one. told, if not nil, is
// called now and then with how many vectors of how many the graph has.
func (db *DB) WaitIndexed(ctx context.Context, id string, told func(done, total int64)) error {
	return db.svc.WaitIndexed(ctx, id, told)
}

// Jobs lists the jobs under way and the last ones that have ended, oldest first.
func (db *DB) Jobs(ctx context.Context) ([]Job, error) {
	list := db.svc.Jobs()
	out := make([]Job, len(list))
	for i, j := range list {
		out[i] = fromJob(j)
	}
	return out, ctx.Err()
}

// Job describes one job as it is now.
func (db *DB) Job(_ context.Context, id int64) (Job, error) { return fromJobOr(db.svc.Job(id)) }

// CancelJob stops a job and returns it when nothing of it is left. One that has ended
// before stays as it is.
func (db *DB) CancelJob(ctx context.Context, id int64) (Job, error) {
	return fromJobOr(db.svc.CancelJob(ctx, id))
}

// WaitJob returns a job when it has ended. That ctx ends does not cancel it.
func (db *DB) WaitJob(ctx context.Context, id int64) (Job, error) {
	return fromJobOr(db.svc.WaitJob(ctx, id))
}
