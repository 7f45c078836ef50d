package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// filterBody is the body of requests that a filter is all of.
func filterBody(filter json.RawMessage) ([]byte, error) {
	return json.Marshal(struct {
		Filter json.RawMessage `json:"filter,omitempty"`
	}{filter})
}

// Count returns how many chunks a filter selects, of all with nil.
func (c *Client) Count(ctx context.Context, database string, filter json.RawMessage) (int64, error) {
	body, err := filterBody(filter)
	if err != nil {
		return 0, err
	}
	var out struct {
		Count int64 `json:"count"`
	}
	err = c.call(ctx, http.MethodPost, databasePath(database)+"/count", body, &out)
	return out.Count, err
}

// DeleteWhere removes the chunks that a filter selects and returns how many.
func (c *Client) DeleteWhere(ctx context.Context, database string, filter json.RawMessage) (int, error) {
	body, err := filterBody(filter)
	if err != nil {
		return 0, err
	}
	var out struct {
		Deleted int `json:"deleted"`
	}
	err = c.call(ctx, http.MethodPost, databasePath(database)+"/delete", body, &out)
	return out.Deleted, err
}

// ListOptions configure List. The zero value, and nil, mean the defaults.
type ListOptions struct {
	Filter json.RawMessage // nil: all chunks
	After  int64           // only chunks with ids above it
	Limit  int             // 0: 100
	// Include names the parts of the chunks: "text", "metadata", "embedding"; nil: the first
	// two.
	Include []string
}

// List returns chunks in the order of their ids, and the After of the next page, 0 after
// the last one. opts may be nil.
func (c *Client) List(ctx context.Context, database string, opts *ListOptions) (chunks []Chunk, next int64, err error) {
	if opts == nil {
		opts = &ListOptions{}
	}
	q := url.Values{"after": {strconv.FormatInt(opts.After, 10)}}
	if opts.Limit != 0 {
		q.Set("limit", strconv.Itoa(opts.Limit))
	}
	if opts.Filter != nil {
		q.Set("filter", string(opts.Filter))
	}
	if opts.Include != nil {
		q.Set("include", strings.Join(opts.Include, ","))
		q.Set("encoding", "base64")
	}
	var out struct {
		Chunks []wireChunk `json:"chunks"`
		Next   int64       `json:"next_after"`
	}
	err = c.call(ctx, http.MethodGet, databasePath(database)+"/chunks?"+q.Encode(), nil, &out)
	for _, w := range out.Chunks {
		chunks = append(chunks, w.chunk())
	}
	return chunks, out.Next, err
}
