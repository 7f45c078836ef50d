package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Job is a long piece of work of the server.
type Job struct {
	ID        int64      `json:"id"`
	Kind      string     `json:"kind"` // "rebuild", "alter", "compaction" or "import"
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

// ImportProgress is what a program tells of its import.
type ImportProgress struct {
	Done  int64  `json:"done"`            // rows stored, those of an earlier attempt included
	Total int64  `json:"total"`           // rows there are, as far as that is known; 0: it is not
	State string `json:"state,omitempty"` // "done", "failed" or "canceled" when it has ended
	Error string `json:"error,omitempty"` // why it failed
}

// StartImport lists an import into a database, which need not exist yet, among the jobs of
// the server. The rows are inserted as always; tell with ReportImport how far it is, every
// second or so: after 15 seconds without a word it counts as failed.
func (c *Client) StartImport(ctx context.Context, database string, done, total int64) (Job, error) {
	var j Job
	body, err := json.Marshal(ImportProgress{Done: done, Total: total})
	if err == nil {
		err = c.do(ctx, request{method: http.MethodPost, path: databasePath(database) + "/imports", body: body, once: true}, &j)
	}
	return j, err
}

// ReportImport tells how far the import is that is listed as job id, or how it has ended,
// and returns the job. If that is Canceling, or its State is "canceled", the caller is to
// stop, and to report that with the state "canceled": whoever cancels waits for it.
func (c *Client) ReportImport(ctx context.Context, id int64, p ImportProgress) (Job, error) {
	var j Job
	body, err := json.Marshal(p)
	if err == nil {
		err = c.call(ctx, http.MethodPost, jobPath(id)+"/progress", body, &j)
	}
	return j, err
}

func jobPath(id int64) string { return "/v1/jobs/" + strconv.FormatInt(id, 10) }
