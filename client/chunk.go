package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Chunk returns one chunk with its embedding.
func (c *Client) Chunk(ctx context.Context, database string, id int64) (Chunk, error) {
	return c.chunk(ctx, chunkPath(database, id))
}

// ChunkByKey returns the chunk with the caller's id key, with its embedding.
func (c *Client) ChunkByKey(ctx context.Context, database, key string) (Chunk, error) {
	return c.chunk(ctx, keyPath(database, key))
}

func (c *Client) chunk(ctx context.Context, path string) (Chunk, error) {
	var out wireChunk
	err := c.call(ctx, http.MethodGet, path+wholeChunk, nil, &out)
	return out.chunk(), err
}

// wholeChunk asks for all parts of a chunk.
const wholeChunk = "?include=text,metadata,embedding&encoding=base64"

// Patch says what to change about a chunk. What is nil stays as it is.
type Patch struct {
	Text *string
	// Metadata is merged into the stored (RFC 7396): fields replace those of the same
	// name, null removes one, objects are merged in turn. Anything but an object replaces
	// it whole, json.RawMessage("null") by nothing.
	Metadata  json.RawMessage
	Embedding []float32
	TTL       *time.Duration // how long it lives from now on, in whole seconds; 0: forever
}

// Patch changes parts of one chunk and returns the whole of it as it is then. Patches of
// one chunk that come together never lose one another.
func (c *Client) Patch(ctx context.Context, database string, id int64, p Patch) (Chunk, error) {
	return c.patch(ctx, chunkPath(database, id), p)
}

// PatchByKey is Patch of the chunk with the caller's id key.
func (c *Client) PatchByKey(ctx context.Context, database, key string, p Patch) (Chunk, error) {
	return c.patch(ctx, keyPath(database, key), p)
}

func (c *Client) patch(ctx context.Context, path string, p Patch) (Chunk, error) {
	body, err := p.body()
	if err != nil {
		return Chunk{}, fmt.Errorf("patch: %w", err)
	}
	var out wireChunk
	err = c.call(ctx, http.MethodPatch, path+wholeChunk, body, &out)
	return out.chunk(), err
}

func (p Patch) body() ([]byte, error) {
	b := []byte{'{'}
	var text string
	if p.Text != nil {
		text = *p.Text
		b = append(appendString(append(b, `"text":`...), text), ',')
	}
	err := checkWords(text, p.Metadata)
	if err != nil {
		return nil, err
	}
	if p.Metadata != nil {
		b = append(append(append(b, `"metadata":`...), p.Metadata...), ',')
	}
	if p.Embedding != nil {
		if b, err = appendVector(append(b, `"embedding":`...), p.Embedding); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	switch {
	case p.TTL == nil:
	case *p.TTL%time.Second != 0 || *p.TTL < 0:
		return nil, refuse(invalid, "a TTL of %v is not a whole number of seconds", *p.TTL)
	case *p.TTL == 0:
		b = append(b, `"ttl_seconds":null,`...)
	default:
		b = append(strconv.AppendInt(append(b, `"ttl_seconds":`...), int64(*p.TTL/time.Second), 10), ',')
	}
	if len(b) > 1 {
		b = b[:len(b)-1]
	}
	return append(b, '}'), nil
}

// Delete removes one chunk.
func (c *Client) Delete(ctx context.Context, database string, id int64) error {
	return c.call(ctx, http.MethodDelete, chunkPath(database, id), nil, nil)
}

// DeleteByKey removes the chunk with the caller's id key.
func (c *Client) DeleteByKey(ctx context.Context, database, key string) error {
	return c.call(ctx, http.MethodDelete, keyPath(database, key), nil, nil)
}

func chunkPath(database string, id int64) string {
	return databasePath(database) + "/chunks/" + strconv.FormatInt(id, 10)
}

func keyPath(database, key string) string { return databasePath(database) + "/keys/" + segment(key) }

func databasePath(id string) string { return "/v1/databases/" + segment(id) }

// segment writes s as one segment of a path. Dots are escaped too, for "." and ".." mean
// something to whatever may be on the way.
func segment(s string) string { return strings.ReplaceAll(url.PathEscape(s), ".", "%2E") }
