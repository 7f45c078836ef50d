package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Update changes settings of a database, all or none, and returns it when it has them. If
// ctx ends before that is done, the settings are as they were.
func (c *Client) Update(ctx context.Context, id string, u Update) (DatabaseInfo, error) {
	j, err := c.StartUpdate(ctx, id, u)
	if err == nil && j != nil {
		err = c.await(ctx, *j)
	}
	if err != nil {
		return DatabaseInfo{}, err
	}
	return c.Describe(ctx, id)
}

// StartUpdate is Update that does not wait: it returns the job that gives the database its
// settings, or nil where it has them already. Where that takes another index, the database
// is searched and written meanwhile as before, and keeps its settings if the job fails or is
// canceled.
func (c *Client) StartUpdate(ctx context.Context, id string, u Update) (*Job, error) {
	body, err := updateBody(u)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage // a job, or a database, which has no kind
	if err := c.call(ctx, http.MethodPatch, databasePath(id), body, &raw); err != nil {
		return nil, err
	}
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil || kind.Kind == "" {
		return nil, err
	}
	var out wireJob
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	j := out.job()
	return &j, nil
}

func updateBody(u Update) ([]byte, error) {
	set := map[string]any{}
	add(set, "metric", u.Metric)
	add(set, "engine", u.Engine)
	add(set, "m", u.M)
	add(set, "ef_construction", u.EfConstruction)
	add(set, "ef_search", u.EfSearch)
	add(set, "target_recall", u.TargetRecall)
	add(set, "storage", u.Storage)
	add(set, "full_text", u.FullText)
	add(set, "optional_embeddings", u.OptionalEmbeddings)
	if u.Sparse != nil {
		set["sparse"] = u.Sparse
	}
	if u.TTL != nil {
		n, err := seconds(*u.TTL)
		if err != nil {
			return nil, err
		}
		add(set, "ttl_seconds", &n)
	}
	if err := u.Metadata.Err(); err != nil {
		return nil, refuse(invalid, "%v", err)
	}
	if !u.Metadata.IsZero() {
		set["metadata"] = u.Metadata
	}
	return json.Marshal(set)
}

// add puts *v into set, null in place of zero.
func add[T comparable](set map[string]any, name string, v *T) {
	var zero T
	switch {
	case v == nil:
	case *v == zero:
		set[name] = nil
	default:
		set[name] = *v
	}
}
