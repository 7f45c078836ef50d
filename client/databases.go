package client

import (
	"context"
	"encoding/json"
	"net/http"
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
