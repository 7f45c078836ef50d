package client

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Job is a long piece of work of the server.
type Job struct {
	ID        int64      `json:"id"`
	Kind      string     `json:"kind"` // "rebuild" or "compaction"
	Database  string     `json:"database_id"`
	State     string     `json:"state"`     // "running", "done", "failed" or "canceled"
	Canceling bool       `json:"canceling"` // it was canceled and has not ended yet
	Percent   float64    `json:"progress_percent"`
	Done      int64      `json:"done"` // steps, of Total
	Total     int64      `json:"total"`
	Rate      float64    `json:"per_second"` // steps per second
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"` // nil while it runs
	Error     string     `json:"error"`    // why it failed
}

// Rebuild begins to make the index of a database from its rows, and returns the job. The
// database is searched and written meanwhile as before.
func (c *Client) Rebuild(ctx context.Context, database string) (Job, error) {
	var j Job
	err := c.call(ctx, http.MethodPost, databasePath(database)+"/rebuild", nil, &j)
	return j, err
}

// Jobs lists the jobs under way and the last ones that have ended, oldest first.
func (c *Client) Jobs(ctx context.Context) ([]Job, error) {
	var out struct {
		Jobs []Job `json:"jobs"`
	}
	err := c.call(ctx, http.MethodGet, "/v1/jobs", nil, &out)
	return out.Jobs, err
}

// Job describes one job.
func (c *Client) Job(ctx context.Context, id int64) (Job, error) {
	var j Job
	err := c.call(ctx, http.MethodGet, jobPath(id), nil, &j)
	return j, err
}

// CancelJob stops a job and returns it when nothing of it is left. One that has ended
// before stays as it is.
func (c *Client) CancelJob(ctx context.Context, id int64) (Job, error) {
	var j Job
	err := c.call(ctx, http.MethodDelete, jobPath(id), nil, &j)
	return j, err
}

func jobPath(id int64) string { return "/v1/jobs/" + strconv.FormatInt(id, 10) }
