package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// textQuery is a query of the resource API.
type textQuery struct {
	Embedding json.RawMessage `json:"embedding,omitempty"`
	Text      string          `json:"text"`
	Match     string          `json:"match,omitempty"`
	Fusion    *Fusion         `json:"fusion,omitempty"`
	K         int             `json:"k"`
	Filter    json.RawMessage `json:"filter,omitempty"`
	MinScore  *float32        `json:"min_score,omitempty"`
	Ef        int             `json:"ef,omitempty"`
	Exact     bool            `json:"exact,omitempty"`
}

// searchTexts searches by words, and by those embeddings that are not nil.
func (c *Client) searchTexts(ctx context.Context, database string, embeddings [][]float32, k int, opts *SearchOptions) ([][]wireChunk, error) {
	q := textQuery{
		Text: opts.Text, Fusion: opts.Fusion, K: k, Filter: opts.Filter, MinScore: opts.MinScore, Ef: opts.Ef, Exact: opts.Exact,
	}
	if opts.AllWords {
		q.Match = "all"
	}
	queries := make([]textQuery, len(embeddings))
	for i, e := range embeddings {
		queries[i] = q
		if e == nil {
			continue
		}
		var err error
		if queries[i].Embedding, err = appendVector(nil, e); err != nil {
			return nil, fmt.Errorf("embeddings[%d]: %w", i, err)
		}
	}
	body, err := json.Marshal(struct {
		Queries  []textQuery `json:"queries"`
		Include  *[]string   `json:"include,omitempty"`
		Encoding string      `json:"encoding"`
	}{queries, orNil(opts.Include), "base64"})
	if err != nil {
		return nil, fmt.Errorf("search options: %w", err)
	}
	var out struct {
		Results [][]wireChunk `json:"results"`
	}
	err = c.call(ctx, http.MethodPost, "/v1/databases/"+segment(database)+"/search", body, &out)
	return out.Results, err
}
