package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errCanceled is why a job was not done that was canceled.
var errCanceled = fmt.Errorf("the job was canceled: %w", context.Canceled)

// A server is asked how far something is, soon at first and then less often.
const (
	firstPoll   = 20 * time.Millisecond
	longestPoll = time.Second
)

// poll calls ask until it reports that there is nothing to wait for.
func (c *Client) poll(ctx context.Context, ask func() (done bool, err error)) error {
	for pause := firstPoll; ; pause = min(2*pause, longestPoll) {
		if done, err := ask(); err != nil || done {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// WaitJob returns a job when it has ended: it asks for it from time to time. That ctx ends
// does not cancel it.
func (c *Client) WaitJob(ctx context.Context, id int64) (j Job, err error) {
	err = c.poll(ctx, func() (bool, error) {
		j, err = c.Job(ctx, id)
		return j.State != JobRunning, err
	})
	return j, err
}

// await returns when a job is done, or cancels it when ctx ends.
func (c *Client) await(ctx context.Context, j Job) error {
	ended, err := c.WaitJob(ctx, j.ID)
	if err == nil {
		return ended.Err
	}
	if ctx.Err() == nil {
		return err // what has failed is not the job
	}
	_, cancelErr := c.CancelJob(context.WithoutCancel(ctx), j.ID)
	return errors.Join(err, cancelErr)
}

// WaitIndexed returns when the graph of a database has every vector that was stored before
// the call, at once where the database is so small that it has none. It asks for Stats from
// time to time. A database that is not in memory is opened by a search first. told, if not
// nil, is called now and then with how many vectors of how many the graph has.
func (c *Client) WaitIndexed(ctx context.Context, id string, told func(done, total int64)) error {
	var until int64 // the change that the graph is to have
	return c.poll(ctx, func() (bool, error) {
		st, err := c.Stats(ctx, id)
		if err != nil {
			return false, err
		}
		if until == 0 {
			until = st.Sequence
		}
		switch {
		case st.Chunks == 0 || st.Dims == 0: // there is no embedding
			return true, nil
		case st.Tail == nil:
			return false, c.open(ctx, id)
		case st.Graph == nil:
			return !st.Tail.Indexing, nil
		}
		if told != nil {
			done := int64(st.Graph.Vectors)
			told(done, done+int64(st.Tail.Vectors))
		}
		return !st.Tail.Indexing || st.Graph.Sequence >= until, nil
	})
}

// open has the server open a database, by a search for what is like its first chunk.
func (c *Client) open(ctx context.Context, id string) error {
	page, err := c.List(ctx, id, &ListOptions{Limit: 1, Include: []Part{}})
	if err != nil || len(page.Chunks) == 0 {
		return err
	}
	_, err = c.Query(ctx, id, []Query{{ChunkID: page.Chunks[0].ID, K: 1}}, &QueryOptions{Include: []Part{}})
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalid) { // it was deleted meanwhile, or has no embedding
		return nil
	}
	return err
}
