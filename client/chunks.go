package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/memista/memista/api"
)

// Get returns one chunk with its vectors.
func (c *Client) Get(ctx context.Context, id string, chunk int64) (Chunk, error) {
	return c.chunk(ctx, http.MethodGet, chunkPath(id, chunk), nil)
}

// GetByKey returns the chunk with your own id key, with its vectors.
func (c *Client) GetByKey(ctx context.Context, id, key string) (Chunk, error) {
	return c.chunk(ctx, http.MethodGet, keyPath(id, key), nil)
}

// chunk returns the chunk that a request answers with.
func (c *Client) chunk(ctx context.Context, method, path string, body []byte) (Chunk, error) {
	var out wireHit
	err := c.call(ctx, method, path+wholeChunk, body, &out)
	return out.chunk(), err
}

// wholeChunk asks for all parts of a chunk.
const wholeChunk = "?include=text,metadata,embedding,sparse&encoding=base64"

// Patch changes parts of one chunk and returns the whole of it as it is then. Patches of
// one chunk that come together never lose one another.
func (c *Client) Patch(ctx context.Context, id string, chunk int64, p Patch) (Chunk, error) {
	return c.patch(ctx, chunkPath(id, chunk), p)
}

// PatchByKey is Patch of the chunk with your own id key.
func (c *Client) PatchByKey(ctx context.Context, id, key string, p Patch) (Chunk, error) {
	return c.patch(ctx, keyPath(id, key), p)
}

func (c *Client) patch(ctx context.Context, path string, p Patch) (Chunk, error) {
	body, err := patchBody(p)
	if err != nil {
		return Chunk{}, fmt.Errorf("patch: %w", err)
	}
	return c.chunk(ctx, http.MethodPatch, path, body)
}

func patchBody(p Patch) (b []byte, err error) {
	b = []byte{'{'}
	if p.Text != nil {
		if b, err = appendText(append(b, `"text":`...), "text", *p.Text); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if !p.Metadata.IsZero() {
		if b, err = appendMetadata(append(b, `"metadata":`...), p.Metadata); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if p.Embedding != nil {
		if b, err = appendVector(append(b, `"embedding":`...), p.Embedding); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if len(p.Sparse) > 0 {
		if b, err = appendSparsePatch(append(b, `"sparse":`...), p.Sparse); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if len(p.Vectors) > 0 {
		if b, err = appendVectors(append(b, `"vectors":`...), p.Vectors, true); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	switch {
	case p.TTL == nil:
	case *p.TTL == 0:
		b = append(b, `"ttl_seconds":null,`...)
	default:
		if b, err = appendTTL(append(b, `"ttl_seconds":`...), *p.TTL); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if len(b) > 1 {
		b = b[:len(b)-1]
	}
	return append(b, '}'), nil
}

// PatchWhere changes the metadata and the time to live of the chunks that a filter selects
// and returns how many. A filter that is nil or empty, a patch with a text or an
// embedding, and metadata that is no object are ErrInvalid.
func (c *Client) PatchWhere(ctx context.Context, id string, f *Filter, p Patch) (int, error) {
	if err := checkFilter(f); err != nil {
		return 0, err
	}
	switch {
	case f == nil:
		return 0, refuse(invalid, "a filter cannot be empty here")
	case p.Text != nil || p.Embedding != nil || p.Sparse != nil || p.Vectors != nil:
		return 0, refuse(invalid, "text, embedding, sparse and named vectors are those of one chunk: they are changed by its id or key")
	}
	body, err := patchBody(p)
	if err != nil {
		return 0, fmt.Errorf("patch: %w", err)
	}
	filter, err := json.Marshal(f)
	if err != nil {
		return 0, err
	}
	body = append(append(append([]byte(`{"filter":`), filter...), ','), body[1:]...)
	if len(body) > 2 && body[len(body)-2] == ',' { // nothing to change, which the server says
		body = append(body[:len(body)-2], '}')
	}
	var out struct {
		Patched int `json:"patched"`
	}
	err = c.call(ctx, http.MethodPost, databasePath(id)+"/patch", body, &out)
	return out.Patched, err
}

// Delete removes chunks and returns how many there were; unknown ids are passed over.
func (c *Client) Delete(ctx context.Context, id string, chunks ...int64) (int, error) {
	return c.deleteMany(ctx, id, map[string]any{"ids": orEmpty(chunks)})
}

// DeleteKeys removes the chunks with your own ids keys and returns how many there were;
// unknown keys are passed over.
func (c *Client) DeleteKeys(ctx context.Context, id string, keys ...string) (int, error) {
	for _, key := range keys {
		if _, err := appendText(nil, "key", key); err != nil {
			return 0, err
		}
	}
	return c.deleteMany(ctx, id, map[string]any{"keys": orEmpty(keys)})
}

// DeleteWhere removes the chunks that a filter selects and returns how many. A filter that
// is nil or empty is ErrInvalid: Drop removes everything.
func (c *Client) DeleteWhere(ctx context.Context, id string, f *Filter) (int, error) {
	if err := checkFilter(f); err != nil {
		return 0, err
	}
	if f == nil {
		return 0, refuse(invalid, "a filter cannot be empty here")
	}
	return c.deleteMany(ctx, id, map[string]any{"filter": f})
}

func (c *Client) deleteMany(ctx context.Context, id string, what map[string]any) (int, error) {
	body, err := json.Marshal(what)
	if err != nil {
		return 0, err
	}
	var out struct {
		Deleted int `json:"deleted"`
	}
	err = c.call(ctx, http.MethodPost, databasePath(id)+"/delete", body, &out)
	return out.Deleted, err
}

// orEmpty is list, which JSON is to write as [] where it is nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Count returns how many chunks a filter selects, of all with nil.
func (c *Client) Count(ctx context.Context, id string, f *Filter) (int64, error) {
	if err := checkFilter(f); err != nil {
		return 0, err
	}
	body, err := json.Marshal(map[string]json.RawMessage{"filter": json.RawMessage(f.String())})
	if err != nil {
		return 0, err
	}
	var out struct {
		Count int64 `json:"count"`
	}
	err = c.call(ctx, http.MethodPost, databasePath(id)+"/count", body, &out)
	return out.Count, err
}

// List returns a page of chunks, in the order of their ids, of their keys or of a field. o may be
// nil.
func (c *Client) List(ctx context.Context, id string, o *ListOptions) (Page, error) {
	if o == nil {
		o = &ListOptions{}
	}
	if err := checkFilter(o.Filter); err != nil {
		return Page{}, err
	}
	q := url.Values{"after": {strconv.FormatInt(o.After, 10)}}
	if o.Order != "" {
		q.Set("order", string(o.Order))
	}
	if o.From != "" {
		q.Set("from", o.From)
	}
	if err := addSort(q, o); err != nil {
		return Page{}, err
	}
	if o.Skip != 0 {
		q.Set("skip", strconv.Itoa(o.Skip))
	}
	if o.Limit != 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	if o.Filter != nil {
		q.Set("filter", o.Filter.String())
	}
	if o.Include != nil {
		q.Set("include", joined(o.Include))
		q.Set("encoding", "base64")
	}
	var out struct {
		Chunks []wireHit       `json:"chunks"`
		Next   int64           `json:"next_after"`
		From   json.RawMessage `json:"next_from"`
	}
	if err := c.call(ctx, http.MethodGet, databasePath(id)+"/chunks?"+q.Encode(), nil, &out); err != nil {
		return Page{}, err
	}
	page := Page{Chunks: make([]Chunk, len(out.Chunks)), Next: out.Next}
	if len(out.From) > 0 {
		from, err := scalar(out.From)
		if err != nil {
			return Page{}, err
		}
		if page.NextKey, _ = from.(string); o.Sort != nil {
			page.NextKey, page.NextValue = "", from
		}
	}
	for i := range out.Chunks {
		page.Chunks[i] = out.Chunks[i].chunk()
	}
	return page, nil
}

// addSort adds the order of a field, if o asks for one, to q.
func addSort(q url.Values, o *ListOptions) error {
	if o.Sort == nil {
		return nil
	}
	q.Set("sort", o.Sort.Field)
	if o.Sort.Descending {
		q.Set("descending", "true")
	}
	if o.Sort.From == nil {
		return nil
	}
	if o.From != "" {
		return refuse(invalid, "From is the first key and Sort.From the first value: give one of them")
	}
	from, err := o.Sort.FromJSON()
	if err != nil {
		return refuse(invalid, "from: %v", err)
	}
	q.Set("from", from)
	return nil
}

func joined(parts []api.Part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = string(p)
	}
	return strings.Join(names, ",")
}

func chunkPath(database string, id int64) string {
	return databasePath(database) + "/chunks/" + strconv.FormatInt(id, 10)
}

func keyPath(database, key string) string { return databasePath(database) + "/keys/" + segment(key) }

func databasePath(id string) string { return "/v1/databases/" + segment(id) }

// segment writes s as one segment of a path. Dots are escaped too, for "." and ".." mean
// something to whatever may be on the way.
func segment(s string) string { return strings.ReplaceAll(url.PathEscape(s), ".", "%2E") }
