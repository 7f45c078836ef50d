package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Query is one query of Client.Query. It asks for the chunks nearest to a vector, which is
// Embedding or that of a stored chunk, or for those with the words of Text, or with both
// for the best of the two lists.
type Query struct {
	Embedding []float32
	ChunkID   int64  // of a stored chunk, which is left out of its own hits; 0: none
	Key       string // the same by its key; "": none
	// Text is words to look for, and "phrases" in quotes; a star at the end of a word is
	// any ending. The database has to be made with FullText.
	Text     string
	AllWords bool            // only chunks with all of the words; else any of them will do
	Fusion   *Fusion         // how the lists by vector and by words become one; nil: by reciprocal rank
	K        int             // how many hits; 0: the server's default, 10
	Offset   int             // nearest chunks to pass over; pages of the same K fit together
	Filter   json.RawMessage // as in {"page":{"$gte":3}}: only chunks that it selects come back; nil: none
	MinScore *float32        // leave out hits that score less
	Ef       int             // beam width of a graph search; 0: chosen for good recall
	Exact    bool            // compare with every embedding
}

// QueryOptions are what all queries of one request share. The zero value, and nil, mean
// the defaults.
type QueryOptions struct {
	Include []string // parts of the hits: "text", "metadata", "embedding"; nil: the first two
	Explain bool     // ask how each query was answered
}

// Results is the answer to Client.Query.
type Results struct {
	Hits    [][]Hit       // one list per query, best first
	Took    time.Duration // in the server
	Explain []Explain     // one per query, if it was asked for
}

// Query answers several queries, each of its own kind, in the order of queries. opts may
// be nil.
func (c *Client) Query(ctx context.Context, database string, queries []Query, opts *QueryOptions) (Results, error) {
	if opts == nil {
		opts = &QueryOptions{}
	}
	body, err := queryBody(queries, opts)
	if err != nil {
		return Results{}, err
	}
	var out struct {
		Results [][]wireChunk `json:"results"`
		TookMS  float64       `json:"took_ms"`
		Explain []Explain     `json:"explain"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(database)+"/search", body, &out); err != nil {
		return Results{}, err
	}
	if len(out.Results) != len(queries) || opts.Explain && len(out.Explain) != len(queries) {
		return Results{}, fmt.Errorf("client: %d lists of hits and %d explanations for %d queries", len(out.Results), len(out.Explain), len(queries))
	}
	took := time.Duration(out.TookMS * float64(time.Millisecond))
	return Results{Hits: hitLists(out.Results), Took: took, Explain: out.Explain}, nil
}

// queryBody writes a body with queries.
func queryBody(queries []Query, opts *QueryOptions) ([]byte, error) {
	b := []byte(`{"queries":[`)
	for i := range queries {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendQuery(b, &queries[i]); err != nil {
			return nil, fmt.Errorf("queries[%d]: %w", i, err)
		}
	}
	rest, err := json.Marshal(struct {
		Include  *[]string `json:"include,omitempty"`
		Encoding string    `json:"encoding"`
		Explain  bool      `json:"explain,omitempty"`
	}{orNil(opts.Include), "base64", opts.Explain})
	if err != nil {
		return nil, err
	}
	return append(append(b, "],"...), rest[1:]...), nil
}

func appendQuery(b []byte, q *Query) ([]byte, error) {
	match := ""
	if q.AllWords {
		match = "all"
	}
	rest, err := json.Marshal(struct {
		ChunkID  int64           `json:"chunk_id,omitempty"`
		Key      string          `json:"key,omitempty"`
		Text     string          `json:"text,omitempty"`
		Match    string          `json:"match,omitempty"`
		Fusion   *Fusion         `json:"fusion,omitempty"`
		K        int             `json:"k,omitempty"`
		Offset   int             `json:"offset,omitempty"`
		Filter   json.RawMessage `json:"filter,omitempty"`
		MinScore *float32        `json:"min_score,omitempty"`
		Ef       int             `json:"ef,omitempty"`
		Exact    bool            `json:"exact,omitempty"`
	}{q.ChunkID, q.Key, q.Text, match, q.Fusion, q.K, q.Offset, q.Filter, q.MinScore, q.Ef, q.Exact})
	if err != nil {
		return nil, err
	}
	if q.Embedding == nil {
		return append(b, rest...), nil
	}
	if b, err = appendVector(append(b, `{"embedding":`...), q.Embedding); err != nil {
		return nil, err
	}
	if len(rest) > len("{}") {
		b = append(b, ',')
	}
	return append(b, rest[1:]...), nil
}

// hitLists turns what was sent into hits.
func hitLists(sent [][]wireChunk) [][]Hit {
	lists := make([][]Hit, len(sent))
	for i, hits := range sent {
		lists[i] = make([]Hit, len(hits))
		for j, h := range hits {
			lists[i][j] = Hit{Chunk: h.chunk(), Score: h.Score, Distance: h.Distance, Scores: h.Scores}
		}
	}
	return lists
}
