package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/memista/memista/api"
)

// Database returns a handle for one database, which need not exist yet.
func (c *Client) Database(id string) *Database { return api.NewDatabase(c, id) }

// Create makes the database id, and describes it as it is if it exists with the same
// settings already. s may be nil.
func (c *Client) Create(ctx context.Context, id string, s *Settings) (DatabaseInfo, error) {
	if s == nil {
		s = &Settings{}
	}
	ttl, err := seconds(s.TTL)
	if err != nil {
		return DatabaseInfo{}, err
	}
	if err := s.Metadata.Err(); err != nil {
		return DatabaseInfo{}, refuse(invalid, "%v", err)
	}
	body, err := json.Marshal(struct {
		*api.Settings
		TTLSeconds int64 `json:"ttl_seconds,omitempty"`
	}{s, ttl})
	if err != nil {
		return DatabaseInfo{}, err
	}
	var out wireInfo
	err = c.call(ctx, http.MethodPut, databasePath(id), body, &out)
	return out.info(), err
}

// Aliases returns the aliases of databases in their order.
func (c *Client) Aliases(ctx context.Context) ([]Alias, error) {
	var out struct {
		Aliases []Alias `json:"aliases"`
	}
	err := c.call(ctx, http.MethodGet, "/v1/aliases", nil, &out)
	return out.Aliases, err
}

// ChangeAliases does all of actions, in order, or none. A call that names an alias meanwhile
// is about the database of before or about that of after.
func (c *Client) ChangeAliases(ctx context.Context, actions ...AliasAction) error {
	body, err := json.Marshal(struct {
		Actions []AliasAction `json:"actions"`
	}{append([]AliasAction{}, actions...)})
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, "/v1/aliases", body, nil)
}

// Databases describes all databases in the order of their ids.
func (c *Client) Databases(ctx context.Context) ([]DatabaseInfo, error) {
	page, err := c.DatabasesPage(ctx, nil)
	return page.Databases, err
}

// DatabasesPage describes databases, a page at a time. o may be nil.
func (c *Client) DatabasesPage(ctx context.Context, o *DatabasesOptions) (DatabasePage, error) {
	if o == nil {
		o = &DatabasesOptions{}
	}
	q := url.Values{}
	if o.After != "" {
		q.Set("after", o.After)
	}
	if o.Prefix != "" {
		q.Set("prefix", o.Prefix)
	}
	if o.Limit != 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	path := "/v1/databases"
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	var out struct {
		Databases []wireInfo `json:"databases"`
		Next      string     `json:"next_after"`
	}
	if err := c.call(ctx, http.MethodGet, path, nil, &out); err != nil {
		return DatabasePage{}, err
	}
	page := DatabasePage{Databases: make([]DatabaseInfo, len(out.Databases)), Next: out.Next}
	for i := range out.Databases {
		page.Databases[i] = out.Databases[i].info()
	}
	return page, nil
}

// Describe tells the settings of a database and how many chunks it has.
func (c *Client) Describe(ctx context.Context, id string) (DatabaseInfo, error) {
	st, err := c.Stats(ctx, id)
	return st.DatabaseInfo, err
}

// Stats describes a database and the index that serves it.
func (c *Client) Stats(ctx context.Context, id string) (Stats, error) {
	var out struct {
		api.Stats
		TTLSeconds int64 `json:"ttl_seconds"`
	}
	err := c.call(ctx, http.MethodGet, databasePath(id), nil, &out)
	out.TTL = time.Duration(out.TTLSeconds) * time.Second
	return out.Stats, err
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
