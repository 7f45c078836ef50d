package client

import (
	"context"
	"fmt"
	"net/http"
)

// Insert stores all chunks or none, and returns their ids in order. The first insert
// makes the database, with the dimension of the first embedding. o may be nil.
func (c *Client) Insert(ctx context.Context, id string, chunks []Chunk, o *InsertOptions) ([]int64, error) {
	if o == nil {
		o = &InsertOptions{}
	}
	body, err := insertBody(chunks, o)
	if err != nil {
		return nil, err
	}
	var out struct {
		IDs []int64 `json:"inserted_ids"`
	}
	r := request{method: http.MethodPost, path: databasePath(id) + "/chunks", body: body, once: !repeatable(chunks, o)}
	err = c.do(ctx, r, &out)
	return out.IDs, err
}

// repeatable reports whether storing chunks twice leaves what storing them once does.
func repeatable(chunks []Chunk, o *InsertOptions) bool {
	if o.OnConflict == Refuse {
		return false
	}
	for i := range chunks {
		if chunks[i].Key == "" {
			return false
		}
	}
	return true
}

// insertBody writes the body of an insert by hand: encoding/json takes several times as
// long over the numbers.
func insertBody(chunks []Chunk, o *InsertOptions) ([]byte, error) {
	size := 64
	for i := range chunks {
		for _, v := range chunks[i].Sparse {
			size += 24 * len(v.Indices)
		}
		for _, v := range chunks[i].Vectors {
			size += 6 * len(v)
		}
		size += 96 + 6*len(chunks[i].Embedding) + len(chunks[i].Text) + len(chunks[i].Metadata.String())
	}
	b := append(make([]byte, 0, size), `{`...)
	if o.OnConflict != "" {
		b = append(appendString(append(b, `"on_conflict":`...), string(o.OnConflict)), ',')
	}
	b = append(b, `"chunks":[`...)
	for i := range chunks {
		if i > 0 {
			b = append(b, ',')
		}
		if chunks[i].ID != 0 {
			return nil, refuse(invalid, "chunks[%d].ID is given by Insert and must be 0; use Key for an id of your own", i)
		}
		var err error
		if b, err = appendChunk(b, &chunks[i]); err != nil {
			return nil, fmt.Errorf("chunks[%d]: %w", i, err)
		}
	}
	return append(b, "]}"...), nil
}

func appendChunk(b []byte, ch *Chunk) ([]byte, error) {
	b, err := appendText(append(b, `{"text":`...), "text", ch.Text)
	if err != nil {
		return nil, err
	}
	if ch.Embedding != nil || ch.Text == "" {
		if b, err = appendVector(append(b, `,"embedding":`...), ch.Embedding); err != nil {
			return nil, err
		}
	}
	if len(ch.Sparse) > 0 {
		if b, err = appendSparse(append(b, `,"sparse":`...), ch.Sparse); err != nil {
			return nil, err
		}
	}
	if len(ch.Vectors) > 0 {
		if b, err = appendVectors(append(b, `,"vectors":`...), ch.Vectors, false); err != nil {
			return nil, err
		}
	}
	if !ch.Metadata.IsZero() {
		if b, err = appendMetadata(append(b, `,"metadata":`...), ch.Metadata); err != nil {
			return nil, err
		}
	}
	if ch.Key != "" {
		if b, err = appendText(append(b, `,"key":`...), "key", ch.Key); err != nil {
			return nil, err
		}
	}
	if ch.TTL != 0 {
		if b, err = appendTTL(append(b, `,"ttl_seconds":`...), ch.TTL); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}
