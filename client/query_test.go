package client_test

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/ports/repotest"
)

// connectMemory returns a client of a server that has full text in every build.
func connectMemory(t *testing.T) *client.Client {
	t.Helper()
	composed, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	h := web.New(web.Options{})
	httpapi.Mount(h, composed.Service, httpapi.Options{})
	srv := httptest.NewServer(h)
	t.Cleanup(func() { srv.Close(); _ = composed.Service.Close() })
	c, err := client.New(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestSearchByWords(t *testing.T) {
	c := connectMemory(t)
	ctx := t.Context()
	if _, err := c.Create(ctx, "a.b", &client.Settings{FullText: client.Words}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Insert(ctx, "a.b", []client.Chunk{
		{Text: "the cat sat", Embedding: []float32{1, 0}}, {Text: "a dog", Embedding: []float32{0, 1}},
		{Text: "rain", Embedding: []float32{0.5, 0}}, {Text: "stone", Embedding: []float32{0.4, 0}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(hits []client.Hit) (out []int64) {
		for _, h := range hits {
			out = append(out, h.ID)
		}
		return out
	}
	hits, err := c.Search(ctx, "a.b", nil, 3, &client.SearchOptions{Text: "cat dog", AllWords: true})
	if err != nil || len(hits) != 0 {
		t.Errorf("Search for all of two words = %v, %v; want none", ids(hits), err)
	}
	hits, err = c.Search(ctx, "a.b", nil, 3, &client.SearchOptions{Text: "cat"})
	if err != nil || len(hits) != 1 || hits[0].ID != 1 || hits[0].Scores == nil || hits[0].Scores.Vector != nil || *hits[0].Scores.Text != hits[0].Score {
		t.Errorf("Search by words = %+v, %v; want chunk 1 with its text score", hits, err)
	}
	lists, err := c.SearchMany(ctx, "a.b", [][]float32{{0, 1}, nil}, 2, &client.SearchOptions{Text: "rain", Include: []client.Part{}})
	if err != nil || len(lists) != 2 {
		t.Fatalf("SearchMany = %v, %v; want two lists", lists, err)
	}
	if diff := cmp.Diff([][]int64{{3, 2}, {3}}, [][]int64{ids(lists[0]), ids(lists[1])}); diff != "" {
		t.Errorf("SearchMany by vector and words (-want +got):\n%s", diff)
	}
	hits, err = c.Search(ctx, "a.b", []float32{0, 1}, 1, &client.SearchOptions{Text: "rain", Fusion: &client.Fusion{Method: "weighted", TextWeight: new(0.0)}})
	if err != nil || len(hits) != 1 || hits[0].ID != 2 {
		t.Errorf("Search with weights = %v, %v; want chunk 2", ids(hits), err)
	}
	if _, err := c.Search(ctx, "a.b", []float32{0, 1}, 1, &client.SearchOptions{AllWords: true}); err == nil {
		t.Error("Search for all words without any succeeded")
	}
}

// connectWords returns a client of a server whose database "d" has four chunks with words.
func connectWords(t *testing.T) *client.Client {
	t.Helper()
	c := connectMemory(t)
	if _, err := c.Create(t.Context(), "d", &client.Settings{FullText: client.Words, Metric: "l2"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Insert(t.Context(), "d", []client.Chunk{
		{Key: "a", Text: "red cat", Embedding: []float32{0, 0}, Metadata: client.Meta(json.RawMessage(`{"n":1}`))},
		{Key: "b", Text: "red dog", Embedding: []float32{1, 0}, Metadata: client.Meta(json.RawMessage(`{"n":2}`))},
		{Key: "c", Text: "blue dog", Embedding: []float32{3, 0}, Metadata: client.Meta(json.RawMessage(`{"n":3}`))},
		{Key: "d", Text: "stone", Embedding: []float32{7, 0}, Metadata: client.Meta(json.RawMessage(`{"n":4}`))},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func keys(lists [][]client.Hit) []string {
	out := make([]string, len(lists))
	for i, hits := range lists {
		for _, h := range hits {
			out[i] += h.Key
		}
	}
	return out
}

func TestQuery(t *testing.T) {
	c, ctx := connectWords(t), t.Context()
	least := float32(0.2)
	for name, q := range map[string]struct {
		query client.Query
		want  string
	}{
		"embedding":          {client.Query{Embedding: []float32{6, 0}, K: 2}, "dc"},
		"k of the server":    {client.Query{Embedding: []float32{6, 0}}, "dcba"},
		"offset":             {client.Query{Embedding: []float32{6, 0}, K: 2, Offset: 1}, "cb"},
		"chunk":              {client.Query{ChunkID: 1, K: 2}, "bc"},
		"key":                {client.Query{Key: "d", K: 1}, "c"},
		"filter":             {client.Query{Key: "d", K: 4, Filter: client.FilterJSON(`{"n":{"$lt":3}}`)}, "ba"},
		"least score, exact": {client.Query{Embedding: []float32{0, 0}, K: 4, MinScore: &least, Exact: true}, "ab"},
		"ef":                 {client.Query{Embedding: []float32{0, 0}, K: 1, Ef: 10}, "a"},
		"all words":          {client.Query{Text: "red dog", AllWords: true}, "b"},
		"words like a chunk": {client.Query{Text: "dog", Key: "a", K: 3, Fusion: &client.Fusion{Method: "weighted", VectorWeight: new(2.0)}}, "bcd"},
		"weightless words":   {client.Query{Text: "stone", Key: "a", K: 3, Fusion: &client.Fusion{TextWeight: new(0.0)}}, "bcd"},
		"weightless vector":  {client.Query{Text: "stone", Key: "a", K: 3, Fusion: &client.Fusion{VectorWeight: new(0.0)}}, "d"},
		"words apart":        {client.Query{Text: "cat,stone"}, "da"},
	} {
		got, err := c.Query(ctx, "d", []client.Query{q.query}, nil)
		if err != nil || keys(got.Hits)[0] != q.want || got.Explain != nil {
			t.Errorf("%s: Query = %v, %+v, %v; want %s, not explained", name, keys(got.Hits), got.Explain, err, q.want)
		}
	}
	got, err := c.Query(ctx, "d", []client.Query{
		{Key: "a", K: 1, Filter: client.FilterJSON(`{"n":{"$gt":2}}`)}, {Text: "red", Embedding: []float32{7, 0}, K: 3},
	}, &client.QueryOptions{Explain: true, Include: []client.Part{client.PartEmbedding}})
	if err != nil || !cmp.Equal(keys(got.Hits), []string{"c", "abd"}) {
		t.Fatalf("Query of two kinds = %v, %v", keys(got.Hits), err)
	}
	if h := got.Hits[0][0]; h.Text != "" || !h.Metadata.IsZero() || !cmp.Equal(h.Embedding, []float32{3, 0}) || got.Took <= 0 {
		t.Errorf("hit = %+v, took %v; want its embedding alone, and a time", h, got.Took)
	}
	first, second := got.Explain[0], got.Explain[1]
	wantFilter := client.ExplainFilter{Source: "rows", Matched: 2, Of: 4, Selectivity: 0.5, Estimated: first.Filter.Estimated}
	if first.Filter.Source == "postings" {
		wantFilter.Source = "postings"
	}
	if first.Plan != "flat" || first.Text != nil || first.Graph != nil || first.Tail == nil || first.Tail.Vectors != 4 || first.Rounds != 1 || *first.Filter != wantFilter {
		t.Errorf("Explain of the filtered query = %+v, filter %+v, tail %+v", first, first.Filter, first.Tail)
	}
	if second.Plan != "flat" || second.Filter != nil || second.Text == nil || second.Text.Terms != 1 || second.Text.Found != 2 || len(second.Text.Ranks) != 3 {
		t.Errorf("Explain of the query with words = %+v, text %+v", second, second.Text)
	}
	for i, r := range second.Text.Ranks {
		if s := got.Hits[1][i].Scores; (r.Vector == 0) != (s.Vector == nil) || (r.Text == 0) != (s.Text == nil) {
			t.Errorf("hit %d has ranks %+v and scores %+v", i, r, s)
		}
	}
	if first.Times.Total <= 0 || first.Times.Total < first.Times.Rows || first.Times.Total%time.Microsecond != 0 {
		t.Errorf("Times = %+v", first.Times)
	}
}

func TestQueryRefusals(t *testing.T) {
	c, ctx := connectWords(t), t.Context()
	for want, queries := range map[string][]client.Query{
		"queries cannot be empty":                       nil,
		"queries[1]: embedding component 0":             {{ChunkID: 1}, {Embedding: []float32{float32(math.Inf(1))}}},
		"one of embedding, near_text, chunk_id and key": {{ChunkID: 1, Key: "a"}},
		"Chunk 9 not found (queries[0])":                {{ChunkID: 9}},
		"offset must be at least 0":                     {{ChunkID: 1, Offset: -1}},
		"match is for a query with text":                {{ChunkID: 1, AllWords: true}},
		"one of vector_weight and text_weight":          {{ChunkID: 1, Text: "cat", Fusion: &client.Fusion{VectorWeight: new(0.0), TextWeight: new(0.0)}}},
		"not valid JSON":                                {{ChunkID: 1, Filter: client.FilterJSON(`{`)}},
	} {
		if _, err := c.Query(ctx, "d", queries, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Query(%+v) = %v; want %s", queries, err, want)
		}
	}
	if _, err := c.Search(ctx, "d", []float32{1, 0}, 0, &client.SearchOptions{Offset: 1}); err == nil || !strings.Contains(err.Error(), "k must be at least 1") {
		t.Errorf("Search for none with an offset = %v", err)
	}
	hits, err := c.Search(ctx, "d", []float32{0, 0}, 2, &client.SearchOptions{Offset: 2})
	if err != nil || !cmp.Equal(keys([][]client.Hit{hits}), []string{"cd"}) {
		t.Errorf("Search with an offset = %v, %v; want c, d", hits, err)
	}
}
