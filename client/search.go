package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Search returns the k chunks nearest to embedding, best first. o may be nil.
func (c *Client) Search(ctx context.Context, id string, embedding []float32, k int, o *SearchOptions) ([]Hit, error) {
	lists, err := c.SearchMany(ctx, id, [][]float32{embedding}, k, o)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// SearchMany answers one search per embedding, in the order of embeddings. With o.Text or
// o.Sparse an embedding may be nil. Queries that differ in more than their embeddings are for
// Query. o may be nil.
func (c *Client) SearchMany(ctx context.Context, id string, embeddings [][]float32, k int, o *SearchOptions) ([][]Hit, error) {
	if o == nil {
		o = &SearchOptions{}
	}
	if o.Text == "" && (o.AllWords || o.Fusion != nil && o.Sparse == nil) {
		return nil, refuse(invalid, "AllWords and Fusion are for a search with Text, Fusion for one with Sparse, too")
	}
	if o.Text != "" || o.Sparse != nil || o.NearText != "" || o.Rerank != nil || o.MMR != nil || o.Offset != 0 || o.Using != "" { // which the original route does not know
		if k < 1 { // the other route would take 0 for its default
			return nil, refuse(invalid, "k must be at least 1, got %d", k)
		}
		found, err := c.Query(ctx, id, queries(o, embeddings, k), &QueryOptions{Include: o.Include})
		return found.Hits, err
	}
	body, err := searchBody(id, embeddings, k, o)
	if err != nil {
		return nil, err
	}
	var out [][]wireHit
	if err := c.call(ctx, http.MethodPost, "/v1/search", body, &out); err != nil {
		return nil, err
	}
	if len(out) != len(embeddings) {
		return nil, fmt.Errorf("client: %d lists of hits for %d searches", len(out), len(embeddings))
	}
	return hitLists(out), nil
}

// queries returns the same query for each embedding.
func queries(o *SearchOptions, embeddings [][]float32, k int) []Query {
	out := make([]Query, len(embeddings))
	for i, e := range embeddings {
		out[i] = Query{
			Embedding: e, Using: o.Using, NearText: o.NearText, Text: o.Text, AllWords: o.AllWords, Sparse: o.Sparse, Fusion: o.Fusion, K: k, Offset: o.Offset,
			Filter: o.Filter, MinScore: o.MinScore, Ef: o.Ef, Exact: o.Exact, Rerank: o.Rerank, MMR: o.MMR,
		}
	}
	return out
}

func searchBody(database string, embeddings [][]float32, k int, o *SearchOptions) ([]byte, error) {
	if err := checkFilter(o.Filter); err != nil {
		return nil, err
	}
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
		Filter   *Filter  `json:"filter,omitempty"`
		MinScore *float32 `json:"min_score,omitempty"`
		Ef       int      `json:"ef,omitempty"`
		Exact    bool     `json:"exact,omitempty"`
		Include  *[]Part  `json:"include,omitempty"`
		Encoding string   `json:"encoding"`
	}{o.Filter, o.MinScore, o.Ef, o.Exact, orNil(o.Include), "base64"})
	if err != nil {
		return nil, fmt.Errorf("search options: %w", err)
	}
	return append(append(b, ','), rest[1:]...), nil
}

// orNil tells "include nothing" (an empty list) from "the default" (nil).
func orNil[T any](list []T) *[]T {
	if list == nil {
		return nil
	}
	list = slices.Clone(list)
	return &list
}

// Query answers several queries, each of its own kind, in the order of queries. o may
// be nil.
func (c *Client) Query(ctx context.Context, id string, queries []Query, o *QueryOptions) (Results, error) {
	if o == nil {
		o = &QueryOptions{}
	}
	body, err := queryBody(queries, o)
	if err != nil {
		return Results{}, err
	}
	var out struct {
		Results [][]wireHit `json:"results"`
		TookMS  float64     `json:"took_ms"`
		Explain []Explain   `json:"explain"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/search", body, &out); err != nil {
		return Results{}, err
	}
	if len(out.Results) != len(queries) || o.Explain && len(out.Explain) != len(queries) {
		return Results{}, fmt.Errorf("client: %d lists of hits and %d explanations for %d queries", len(out.Results), len(out.Explain), len(queries))
	}
	took := time.Duration(out.TookMS * float64(time.Millisecond))
	return Results{Hits: hitLists(out.Results), Took: took, Explain: out.Explain}, nil
}

// queryBody writes a body with queries.
func queryBody(queries []Query, o *QueryOptions) ([]byte, error) {
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
		Include  *[]Part `json:"include,omitempty"`
		Encoding string  `json:"encoding"`
		Explain  bool    `json:"explain,omitempty"`
	}{orNil(o.Include), "base64", o.Explain})
	if err != nil {
		return nil, err
	}
	return append(append(b, "],"...), rest[1:]...), nil
}

func appendQuery(b []byte, q *Query) ([]byte, error) {
	if err := checkFilter(q.Filter); err != nil {
		return nil, err
	}
	match := ""
	if q.AllWords {
		match = "all"
	}
	rest, err := json.Marshal(struct {
		ChunkID  int64    `json:"chunk_id,omitempty"`
		Key      string   `json:"key,omitempty"`
		Using    string   `json:"using,omitempty"`
		Text     string   `json:"text,omitempty"`
		NearText string   `json:"near_text,omitempty"`
		Match    string   `json:"match,omitempty"`
		Sparse   *sparse  `json:"sparse,omitempty"`
		Fusion   *Fusion  `json:"fusion,omitempty"`
		K        int      `json:"k,omitempty"`
		Offset   int      `json:"offset,omitempty"`
		Filter   *Filter  `json:"filter,omitempty"`
		MinScore *float32 `json:"min_score,omitempty"`
		Ef       int      `json:"ef,omitempty"`
		Exact    bool     `json:"exact,omitempty"`
		Rerank   *Rerank  `json:"rerank,omitempty"`
		MMR      *MMR     `json:"mmr,omitempty"`
	}{q.ChunkID, q.Key, q.Using, cmp.Or(q.Text, q.Hybrid), cmp.Or(q.NearText, q.Hybrid), match, wireSparse(q.Sparse), q.Fusion, q.K, q.Offset, q.Filter, q.MinScore, q.Ef, q.Exact, q.Rerank, q.MMR})
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

// SearchGroups returns the best hits of each of the best values of a field of the metadata,
// which are those of the best hits, in that order. o may be nil.
func (c *Client) SearchGroups(ctx context.Context, id string, q Query, by string, o *GroupsOptions) ([]Group, error) {
	if o == nil {
		o = &GroupsOptions{}
	}
	if q.K != 0 || q.Offset != 0 || q.MMR != nil || q.Rerank != nil {
		return nil, refuse(invalid, "a query for groups has no K, offset, mmr and rerank: the options say how many hits there are in each")
	}
	b, err := appendQuery([]byte(`{"query":`), &q)
	if err != nil {
		return nil, err
	}
	rest, err := json.Marshal(struct {
		By       string  `json:"by"`
		Groups   int     `json:"groups,omitempty"`
		Size     int     `json:"group_size,omitempty"`
		Include  *[]Part `json:"include,omitempty"`
		Encoding string  `json:"encoding"`
	}{by, o.Groups, o.Size, orNil(o.Include), "base64"})
	if err != nil {
		return nil, err
	}
	var out struct {
		Groups []struct {
			Value json.RawMessage `json:"value"`
			Hits  []wireHit       `json:"hits"`
		} `json:"groups"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/groups", append(append(b, ','), rest[1:]...), &out); err != nil {
		return nil, err
	}
	groups := make([]Group, len(out.Groups))
	for i, g := range out.Groups {
		if groups[i].Value, err = scalar(g.Value); err != nil {
			return nil, fmt.Errorf("groups[%d]: %w", i, err)
		}
		groups[i].Hits = hitLists([][]wireHit{g.Hits})[0]
	}
	return groups, nil
}

// hitLists turns what was sent into hits.
func hitLists(sent [][]wireHit) [][]Hit {
	lists := make([][]Hit, len(sent))
	for i := range sent {
		lists[i] = make([]Hit, len(sent[i]))
		for j := range sent[i] {
			lists[i][j] = sent[i][j].hit()
		}
	}
	return lists
}
