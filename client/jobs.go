package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

// Rebuild makes the index of a database anew from its rows, beside the one that is searched
// meanwhile, and returns when that is done. If ctx ends before, everything is as it was.
func (c *Client) Rebuild(ctx context.Context, id string) error {
	j, err := c.StartRebuild(ctx, id)
	if err != nil {
		return err
	}
	return c.await(ctx, j)
}

// StartRebuild is Rebuild that does not wait: it returns the job.
func (c *Client) StartRebuild(ctx context.Context, id string) (Job, error) {
	return c.jobOf(ctx, request{method: http.MethodPost, path: databasePath(id) + "/rebuild"})
}

// Reembed gives a database another embedder: embeddings by it are made of the stored texts,
// while searches and writes go on with those of before, and take their place in one step. If
// ctx ends before that is done, everything is as it was. After a failure it goes on where it
// was when it is called again. It is ErrConflict if the database has that embedder, and
// ErrInvalid if chunks have no text. o may be nil.
func (c *Client) Reembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) error {
	j, err := c.StartReembed(ctx, id, e, o)
	if err != nil {
		return err
	}
	return c.await(ctx, j)
}

// StartReembed is Reembed that does not wait: it returns the job.
func (c *Client) StartReembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) (Job, error) {
	in := struct {
		Embedder Embedder `json:"embedder"`
		Metric   Metric   `json:"metric,omitempty"`
	}{Embedder: e}
	if o != nil {
		in.Metric = o.Metric
	}
	body, err := json.Marshal(in)
	if err != nil {
		return Job{}, err
	}
	return c.jobOf(ctx, request{method: http.MethodPost, path: databasePath(id) + "/reembed", body: body, once: true})
}

// jobOf returns the job that a request answers with.
func (c *Client) jobOf(ctx context.Context, r request) (Job, error) {
	var out wireJob
	err := c.do(ctx, r, &out)
	return out.job(), err
}

// Jobs lists the jobs under way and the last ones that have ended, oldest first.
func (c *Client) Jobs(ctx context.Context) ([]Job, error) {
	var out struct {
		Jobs []wireJob `json:"jobs"`
	}
	if err := c.call(ctx, http.MethodGet, "/v1/jobs", nil, &out); err != nil {
		return nil, err
	}
	list := make([]Job, len(out.Jobs))
	for i := range out.Jobs {
		list[i] = out.Jobs[i].job()
	}
	return list, nil
}

// Job describes one job as it is now.
func (c *Client) Job(ctx context.Context, id int64) (Job, error) {
	return c.jobOf(ctx, request{method: http.MethodGet, path: jobPath(id)})
}

// CancelJob stops a job and returns it when nothing of it is left. One that has ended
// before stays as it is.
func (c *Client) CancelJob(ctx context.Context, id int64) (Job, error) {
	return c.jobOf(ctx, request{method: http.MethodDelete, path: jobPath(id)})
}

// ImportProgress is what a program tells of its import.
type ImportProgress struct {
	Done  int64    `json:"done"`            // rows stored, those of an earlier attempt included
	Total int64    `json:"total"`           // rows there are, as far as that is known; 0: it is not
	State JobState `json:"state,omitempty"` // "done", "failed" or "canceled" when it has ended
	Error string   `json:"error,omitempty"` // why it failed
}

// StartImport lists an import into a database, which need not exist yet, among the jobs of
// the server. The rows are inserted as always; tell with ReportImport how far it is, every
// second or so: after 15 seconds without a word it counts as failed.
func (c *Client) StartImport(ctx context.Context, database string, done, total int64) (Job, error) {
	body, err := json.Marshal(ImportProgress{Done: done, Total: total})
	if err != nil {
		return Job{}, err
	}
	return c.jobOf(ctx, request{method: http.MethodPost, path: databasePath(database) + "/imports", body: body, once: true})
}

// ReportImport tells how far the import is that is listed as job id, or how it has ended,
// and returns the job. If that is Canceling, or its State is "canceled", the caller is to
// stop, and to report that with the state "canceled": whoever cancels waits for it.
func (c *Client) ReportImport(ctx context.Context, id int64, p ImportProgress) (Job, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return Job{}, err
	}
	return c.jobOf(ctx, request{method: http.MethodPost, path: jobPath(id) + "/progress", body: body})
}

func jobPath(id int64) string { return "/v1/jobs/" + strconv.FormatInt(id, 10) }
