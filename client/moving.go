package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Changes returns what changed in a database after a place: the Next of an earlier page, or
// with "" the present, from which on changes are kept. It is ErrStartOver where they are not
// kept any more. o may be nil.
func (c *Client) Changes(ctx context.Context, id string, o *ChangesOptions) (ChangePage, error) {
	if o == nil {
		o = &ChangesOptions{}
	}
	keep, err := seconds(o.Keep)
	if err != nil {
		return ChangePage{}, err
	}
	q := url.Values{"encoding": {"base64"}}
	for name, n := range map[string]int64{"limit": int64(o.Limit), "keep_seconds": keep} {
		if n != 0 {
			q.Set(name, strconv.FormatInt(n, 10))
		}
	}
	if o.After != "" {
		q.Set("after", o.After)
	}
	if o.Close {
		q.Set("close", "true")
	}
	if o.Include != nil {
		q.Set("include", joined(o.Include))
	}
	var out struct {
		Chunks  []wireHit `json:"chunks"`
		Deleted []int64   `json:"deleted"`
		Keys    []string  `json:"deleted_keys"`
		Next    string    `json:"next"`
		More    bool      `json:"more"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/changes?"+q.Encode(), nil, &out); err != nil {
		return ChangePage{}, err
	}
	page := ChangePage{Chunks: make([]Chunk, len(out.Chunks)), Deleted: out.Deleted, DeletedKeys: out.Keys, Next: out.Next, More: out.More}
	for i := range out.Chunks {
		page.Chunks[i] = out.Chunks[i].chunk()
	}
	return page, nil
}

// Load makes a database what another one is: chunks are stored under the ids they bring, and
// all else about them stays as it is. What it did twice it did once.
func (c *Client) Load(ctx context.Context, id string, l Load) (Loaded, error) {
	body, err := loadBody(l)
	if err != nil {
		return Loaded{}, err
	}
	var out Loaded
	err = c.call(ctx, http.MethodPost, databasePath(id)+"/load", body, &out)
	return out, err
}

func loadBody(l Load) ([]byte, error) {
	size := 64
	for i := range l.Chunks {
		size += 160 + 6*len(l.Chunks[i].Embedding) + len(l.Chunks[i].Text) + len(l.Chunks[i].Metadata.String())
	}
	b := append(make([]byte, 0, size), `{"chunks":[`...)
	for i := range l.Chunks {
		ch := l.Chunks[i]
		ch.TTL = 0
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"chunk_id":`...), ch.ID, 10)
		if !ch.ExpiresAt.IsZero() {
			b = ch.ExpiresAt.UTC().AppendFormat(append(b, `,"expires_at":"`...), time.RFC3339Nano)
			b = append(b, '"')
		}
		at := len(b)
		var err error
		if b, err = appendChunk(b, &ch); err != nil {
			return nil, fmt.Errorf("chunks[%d]: %w", i, err)
		}
		b[at] = ',' // in place of the bracket with which it begins
	}
	b = append(b, ']')
	if len(l.Delete) > 0 {
		b = append(b, `,"delete":[`...)
		for i, id := range l.Delete {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, id, 10)
		}
		b = append(b, ']')
	}
	if len(l.DeleteKeys) > 0 {
		b = append(b, `,"delete_keys":[`...)
		for i, key := range l.DeleteKeys {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendText(b, "key", key); err != nil {
				return nil, err
			}
		}
		b = append(b, ']')
	}
	if l.NextID != 0 {
		b = strconv.AppendInt(append(b, `,"next_id":`...), l.NextID, 10)
	}
	return append(b, '}'), nil
}

// Hold keeps the writers of a database out, or lets them in again, and returns its state from
// then on. With nil it only returns that.
func (c *Client) Hold(ctx context.Context, id string, h *Hold) (HoldState, error) {
	ask := map[string]any{}
	if h != nil {
		n, err := seconds(h.For)
		if err != nil {
			return HoldState{}, err
		}
		if h.Moved != "" {
			ask["moved_to"] = h.Moved
		}
		if h.Moved == "" || n != 0 {
			ask["seconds"] = n
		}
		if h.IfSequence != nil {
			ask["if_sequence"] = *h.IfSequence
		}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return HoldState{}, err
	}
	var out HoldState
	err = c.call(ctx, http.MethodPost, databasePath(id)+"/hold", body, &out)
	return out, err
}

// CarriedNames returns what databases are called by other surfaces.
func (c *Client) CarriedNames(ctx context.Context) (Names, error) {
	var out Names
	err := c.call(ctx, http.MethodGet, "/v1/names", nil, &out)
	return out, err
}

// PutNames adds names to those that are there, all or none: one that another database has is
// ErrConflict.
func (c *Client) PutNames(ctx context.Context, n Names) error {
	n.Tenants, n.Spaces = notNil(n.Tenants), notNil(n.Spaces)
	n.Collections, n.Aliases = notNil(n.Collections), notNil(n.Aliases)
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, "/v1/names", body, nil)
}
