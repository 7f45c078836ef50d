package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Update says which settings of a database to change. What is nil stays as it is; a zero
// value is the server's default.
type Update struct {
	Metric         *string
	Engine         *string
	M              *int
	EfConstruction *int
	EfSearch       *int
	Storage        *string
	TTL            *time.Duration // in whole seconds; 0: forever
	FullText       *Tokenizer     // "": none
	// Metadata is merged into that of the database (RFC 7396); json.RawMessage("null")
	// removes all.
	Metadata json.RawMessage
}

// Update changes settings of a database, all or none. It returns the database with its new
// settings, or the job that gives it them where that takes another index: the database is
// searched and written meanwhile as before, and keeps its settings if the job fails or is
// canceled.
func (c *Client) Update(ctx context.Context, database string, u Update) (Database, *Job, error) {
	body, err := u.body()
	if err != nil {
		return Database{}, nil, err
	}
	var raw json.RawMessage
	if err := c.call(ctx, http.MethodPatch, databasePath(database), body, &raw); err != nil {
		return Database{}, nil, err
	}
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return Database{}, nil, err
	}
	if kind.Kind != "" {
		var j Job
		err := json.Unmarshal(raw, &j)
		return Database{}, &j, err
	}
	var d Database
	err = json.Unmarshal(raw, &d)
	return d, nil, err
}

func (u Update) body() ([]byte, error) {
	set := map[string]any{}
	if u.Metric != nil {
		set["metric"] = *u.Metric
	}
	add(set, "engine", u.Engine)
	add(set, "m", u.M)
	add(set, "ef_construction", u.EfConstruction)
	add(set, "ef_search", u.EfSearch)
	add(set, "storage", u.Storage)
	add(set, "full_text", u.FullText)
	if u.TTL != nil {
		if *u.TTL%time.Second != 0 || *u.TTL < 0 {
			return nil, refuse(invalid, "a TTL of %v is not a whole number of seconds", *u.TTL)
		}
		seconds := int64(*u.TTL / time.Second)
		add(set, "ttl_seconds", &seconds)
	}
	if u.Metadata != nil {
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
