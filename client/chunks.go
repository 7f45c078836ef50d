package client

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Insert stores all chunks or none, and returns their ids in order. The first insert
// makes the database, with the dimension of the first embedding. opts may be nil.
func (c *Client) Insert(ctx context.Context, database string, chunks []Chunk, opts *InsertOptions) ([]int64, error) {
	if opts == nil {
		opts = &InsertOptions{}
	}
	body, err := insertBody(chunks, opts)
	if err != nil {
		return nil, err
	}
	var out struct {
		IDs []int64 `json:"inserted_ids"`
	}
	r := request{method: http.MethodPost, path: databasePath(database) + "/chunks", body: body, once: !repeatable(chunks, opts)}
	err = c.do(ctx, r, &out)
	return out.IDs, err
}

// repeatable reports whether storing chunks twice leaves what storing them once does.
func repeatable(chunks []Chunk, opts *InsertOptions) bool {
	if opts.OnConflict == Refuse {
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
func insertBody(chunks []Chunk, opts *InsertOptions) ([]byte, error) {
	size := 64
	for i := range chunks {
		size += 96 + 6*len(chunks[i].Embedding) + len(chunks[i].Text) + len(chunks[i].Metadata)
	}
	b := append(make([]byte, 0, size), `{`...)
	if opts.OnConflict != "" {
		b = append(appendString(append(b, `"on_conflict":`...), string(opts.OnConflict)), ',')
	}
	b = append(b, `"chunks":[`...)
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
	if err := checkWords(ch.Text, ch.Metadata); err != nil {
		return nil, err
	}
	b = appendString(append(b, `,"text":`...), ch.Text)
	if ch.Metadata != nil {
		b = append(append(b, `,"metadata":`...), ch.Metadata...)
	}
	if !utf8.ValidString(ch.Key) {
		return nil, refuse(invalid, "key is not valid UTF-8")
	}
	if ch.Key != "" {
		b = appendString(append(b, `,"key":`...), ch.Key)
	}
	switch {
	case ch.TTL%time.Second != 0 || ch.TTL < 0:
		return nil, refuse(invalid, "a TTL of %v is not a whole number of seconds", ch.TTL)
	case ch.TTL > 0:
		b = strconv.AppendInt(append(b, `,"ttl_seconds":`...), int64(ch.TTL/time.Second), 10)
	}
	return append(b, '}'), nil
}

// appendVector appends v as base64, which is shorter than an array of numbers, and which
// the server reads in half the time.
func appendVector(b []byte, v []float32) ([]byte, error) {
	raw := make([]byte, 0, 4*len(v))
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, refuse(notFinite, "embedding component %d is not a finite number", i)
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, raw)
	return append(b, '"'), nil
}

// checkWords refuses text and metadata that JSON cannot carry.
func checkWords(text string, metadata json.RawMessage) error {
	switch {
	case !utf8.ValidString(text):
		return refuse(invalid, "text is not valid UTF-8")
	case metadata != nil && !json.Valid(metadata):
		return refuse(invalid, "metadata is not JSON")
	case !utf8.Valid(metadata):
		return refuse(invalid, "metadata is not valid UTF-8")
	}
	return nil
}

// appendString appends s, which is UTF-8: Marshal puts U+FFFD in the place of what is not.
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

// SearchMany answers one search per embedding, in the order of embeddings. With opts.Text
// an embedding may be nil. Queries that differ in more than their embeddings are for
// Query. opts may be nil.
func (c *Client) SearchMany(ctx context.Context, database string, embeddings [][]float32, k int, opts *SearchOptions) ([][]Hit, error) {
	if opts == nil {
		opts = &SearchOptions{}
	}
	if opts.Text == "" && (opts.AllWords || opts.Fusion != nil) {
		return nil, errors.New("client: AllWords and Fusion are for a search with Text")
	}
	if opts.Text != "" || opts.Offset != 0 { // which the original route does not know
		if k < 1 { // the other route would take 0 for its default
			return nil, fmt.Errorf("client: k must be at least 1, got %d", k)
		}
		found, err := c.Query(ctx, database, opts.queries(embeddings, k), &QueryOptions{Include: opts.Include})
		return found.Hits, err
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
	return hitLists(out), nil
}

// queries returns the same query for each embedding.
func (o *SearchOptions) queries(embeddings [][]float32, k int) []Query {
	out := make([]Query, len(embeddings))
	for i, e := range embeddings {
		out[i] = Query{
			Embedding: e, Text: o.Text, AllWords: o.AllWords, Fusion: o.Fusion, K: k, Offset: o.Offset,
			Filter: o.Filter, MinScore: o.MinScore, Ef: o.Ef, Exact: o.Exact,
		}
	}
	return out
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
		Filter   json.RawMessage `json:"filter,omitempty"`
		MinScore *float32        `json:"min_score,omitempty"`
		Ef       int             `json:"ef,omitempty"`
		Exact    bool            `json:"exact,omitempty"`
		Include  *[]string       `json:"include,omitempty"`
		Encoding string          `json:"encoding"`
	}{opts.Filter, opts.MinScore, opts.Ef, opts.Exact, orNil(opts.Include), "base64"})
	if err != nil {
		return nil, fmt.Errorf("search options: %w", err)
	}
	return append(append(b, ','), rest[1:]...), nil
}

// orNil tells "include nothing" (an empty list) from "the default" (nil).
func orNil(list []string) *[]string {
	if list == nil {
		return nil
	}
	list = slices.Clone(list)
	return &list
}
