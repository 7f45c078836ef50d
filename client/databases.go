package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Create makes the database id, and returns it as it is if it exists with the same
// settings already.
func (c *Client) Create(ctx context.Context, id string, s Settings) (Database, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return Database{}, err
	}
	var d Database
	err = c.call(ctx, http.MethodPut, databasePath(id), body, &d)
	return d, err
}

// Databases describes all databases in the order of their ids.
func (c *Client) Databases(ctx context.Context) ([]Database, error) {
	var out struct {
		Databases []Database `json:"databases"`
	}
	err := c.call(ctx, http.MethodGet, "/v1/databases", nil, &out)
	return out.Databases, err
}

// DatabasesOptions configure DatabasesPage. The zero value, and nil, mean all.
type DatabasesOptions struct {
	After  string // only ids behind it
	Prefix string // only ids that begin so
	Limit  int    // 0: all
}

// DatabasesPage describes databases in the order of their ids, and returns the After of
// the next page, "" after the last one. opts may be nil.
func (c *Client) DatabasesPage(ctx context.Context, opts *DatabasesOptions) (page []Database, next string, err error) {
	if opts == nil {
		opts = &DatabasesOptions{}
	}
	q := url.Values{}
	if opts.After != "" {
		q.Set("after", opts.After)
	}
	if opts.Prefix != "" {
		q.Set("prefix", opts.Prefix)
	}
	if opts.Limit != 0 {
		q.Set("limit", strconv.Itoa(opts.Limit))
	}
	var out struct {
		Databases []Database `json:"databases"`
		Next      string     `json:"next_after"`
	}
	path := "/v1/databases"
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	err = c.call(ctx, http.MethodGet, path, nil, &out)
	return out.Databases, out.Next, err
}

// Database describes one database.
func (c *Client) Database(ctx context.Context, id string) (Database, error) {
	var d Database
	err := c.call(ctx, http.MethodGet, databasePath(id), nil, &d)
	return d, err
}

// Drop removes a database with everything in it. It is not an error if there is none.
func (c *Client) Drop(ctx context.Context, id string) error {
	body, err := json.Marshal(map[string]string{"database_id": id})
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodDelete, "/v1/drop", body, nil)
}

// Ready returns nil if the server answers requests.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/readyz", nil, nil)
}
