package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Insert stores all chunks or none, and returns their ids in order. The first insert
// makes the database, with the dimension of the first embedding. A chunk whose Key
// exists replaces the one that has it.
func (c *Client) Insert(ctx context.Context, database string, chunks []Chunk) ([]int64, error) {
	body, err := insertBody(database, chunks)
	if err != nil {
		return nil, err
	}
	var out struct {
		IDs []int64 `json:"inserted_ids"`
	}
	err = c.call(ctx, http.MethodPost, "/v1/insert", body, &out)
	return out.IDs, err
}

// insertBody writes the body of an insert by hand: encoding/json takes several times as
// long over the numbers.
func insertBody(database string, chunks []Chunk) ([]byte, error) {
	size := 64 + len(database)
	for i := range chunks {
		size += 96 + 12*len(chunks[i].Embedding) + len(chunks[i].Text) + len(chunks[i].Metadata)
	}
	b := append(make([]byte, 0, size), `{"database_id":`...)
	b = appendString(b, database)
	b = append(b, `,"chunks":[`...)
	for i := range chunks {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendChunk(b, &chunks[i]); err != nil {
			return nil, fmt.Errorf("chunks[%d]: %w", i, err)
		}
	}
	return append(b, "]}"...), nil
}

func appendChunk(b []byte, ch *Chunk) ([]byte, error) {
	b, err := appendVector(append(b, `{"embedding":`...), ch.Embedding)
	if err != nil {
		return nil, err
	}
	b = appendString(append(b, `,"text":`...), ch.Text)
	if ch.Metadata != nil {
		if !json.Valid(ch.Metadata) {
			return nil, errors.New("metadata is not JSON")
		}
		b = append(append(b, `,"metadata":`...), ch.Metadata...)
	}
	if ch.Key != "" {
		b = appendString(append(b, `,"key":`...), ch.Key)
	}
	return append(b, '}'), nil
}

func appendVector(b []byte, v []float32) ([]byte, error) {
	b = append(b, '[')
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("embedding component %d is not a finite number", i)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
	}
	return append(b, ']'), nil
}

func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("client: a string does not marshal: " + err.Error()) // it always does
	}
	return append(b, quoted...)
}

// Search returns the k chunks nearest to embedding, best first. opts may be nil.
func (c *Client) Search(ctx context.Context, database string, embedding []float32, k int, opts *SearchOptions) ([]Hit, error) {
	lists, err := c.SearchMany(ctx, database, [][]float32{embedding}, k, opts)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// SearchMany answers one search per embedding, in the order of embeddings. opts may be nil.
func (c *Client) SearchMany(ctx context.Context, database string, embeddings [][]float32, k int, opts *SearchOptions) ([][]Hit, error) {
	if opts == nil {
		opts = &SearchOptions{}
	}
	body, err := searchBody(database, embeddings, k, opts)
	if err != nil {
		return nil, err
	}
	var out [][]wireChunk
	if err := c.call(ctx, http.MethodPost, "/v1/search", body, &out); err != nil {
		return nil, err
	}
	if len(out) != len(embeddings) {
		return nil, fmt.Errorf("client: %d lists of hits for %d searches", len(out), len(embeddings))
	}
	lists := make([][]Hit, len(out))
	for i, hits := range out {
		lists[i] = make([]Hit, len(hits))
		for j, h := range hits {
			lists[i][j] = Hit{Chunk: h.chunk(), Score: h.Score, Distance: h.Distance}
		}
	}
	return lists, nil
}

func searchBody(database string, embeddings [][]float32, k int, opts *SearchOptions) ([]byte, error) {
	b := appendString([]byte(`{"database_id":`), database)
	b = append(b, `,"embeddings":[`...)
	for i, v := range embeddings {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendVector(b, v); err != nil {
			return nil, fmt.Errorf("embeddings[%d]: %w", i, err)
		}
	}
	b = strconv.AppendInt(append(b, `],"num_results":`...), int64(k), 10)
	rest, err := json.Marshal(struct {
		MinScore *float32  `json:"min_score,omitempty"`
		Ef       int       `json:"ef,omitempty"`
		Exact    bool      `json:"exact,omitempty"`
		Include  *[]string `json:"include,omitempty"`
	}{opts.MinScore, opts.Ef, opts.Exact, orNil(opts.Include)})
	if err != nil {
		return nil, fmt.Errorf("search options: %w", err)
	}
	if len(rest) > 2 {
		b = append(append(b, ','), rest[1:len(rest)-1]...)
	}
	return append(b, '}'), nil
}

// orNil tells "include nothing" (an empty list) from "the default" (nil).
func orNil(list []string) *[]string {
	if list == nil {
		return nil
	}
	list = slices.Clone(list)
	return &list
}

// Chunk returns one chunk with its embedding.
func (c *Client) Chunk(ctx context.Context, database string, id int64) (Chunk, error) {
	var out wireChunk
	err := c.call(ctx, http.MethodGet, chunkPath(database, id)+"?include=text,metadata,embedding", nil, &out)
	return out.chunk(), err
}

// Delete removes one chunk.
func (c *Client) Delete(ctx context.Context, database string, id int64) error {
	return c.call(ctx, http.MethodDelete, chunkPath(database, id), nil, nil)
}

func chunkPath(database string, id int64) string {
	return databasePath(database) + "/chunks/" + strconv.FormatInt(id, 10)
}

func databasePath(id string) string { return "/v1/databases/" + url.PathEscape(id) }
