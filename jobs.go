package memista

import (
	"context"
	"errors"
	"time"

	"github.com/memista/memista/internal/app"
)

// Job describes a long piece of work on one database.
type Job struct {
	ID        int64   // from 1, since Open
	Kind      string  // "rebuild"; "alter", of Update; "compaction", which begins by itself after many deletes; "import"
	Database  string  //
	State     string  // "running", "done", "failed" or "canceled"
	Canceling bool    // it was canceled and has not ended yet
	Percent   float64 // 0 to 100
	Rate      float64 // steps per second: vectors read, looked at, or put into the graph
	StartedAt time.Time
	EndedAt   time.Time // zero while it runs
	Error     string    // why it failed
}

// Rebuild makes the index of a database anew from its rows, beside the one that is
// searched meanwhile. If ctx ends before that is done, everything is as it was.
func (db *DB) Rebuild(ctx context.Context, id string) error {
	j, err := db.svc.StartRebuild(ctx, id)
	if err != nil {
		return err
	}
	return db.await(ctx, j.ID)
}

// await returns when a job is done, or cancels it when ctx ends.
func (db *DB) await(ctx context.Context, id int64) error {
	ended, err := db.svc.WaitJob(ctx, id)
	if err != nil {
		_, cancelErr := db.svc.CancelJob(context.WithoutCancel(ctx), id)
		return errors.Join(err, cancelErr)
	}
	switch ended.State {
	case app.JobFailed:
		return errors.New(ended.Error)
	case app.JobCanceled:
		return context.Canceled
	case app.JobRunning, app.JobDone:
	}
	return nil
}

// Jobs lists the jobs under way and the last ones that have ended, oldest first.
func (db *DB) Jobs() []Job {
	list := db.svc.Jobs()
	out := make([]Job, len(list))
	for i, j := range list {
		out[i] = Job{
			ID: j.ID, Kind: j.Kind, Database: j.Database, State: string(j.State), Canceling: j.Canceling, Percent: j.Percent(), Rate: j.Rate,
			StartedAt: j.Started, EndedAt: j.Ended, Error: j.Error,
		}
	}
	return out
}

// CancelJob stops a job and returns when nothing of it is left. It is not an error if it
// has ended before.
func (db *DB) CancelJob(ctx context.Context, id int64) error {
	_, err := db.svc.CancelJob(ctx, id)
	return err
}
