package memista

import (
	"context"
	"errors"
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
