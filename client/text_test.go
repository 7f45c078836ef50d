package client_test

import (
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/ports/repotest"
)

func TestSearchByWords(t *testing.T) {
	composed, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(httpapi.New(composed.Service, httpapi.Options{}))
	t.Cleanup(func() { web.Close(); _ = composed.Service.Close() })
	c, err := client.New(web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx := t.Context()
	if _, err := c.Create(ctx, "a.b", client.Settings{FullText: true}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Insert(ctx, "a.b", []client.Chunk{
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
	lists, err := c.SearchMany(ctx, "a.b", [][]float32{{0, 1}, nil}, 2, &client.SearchOptions{Text: "rain", Include: []string{}})
	if err != nil || len(lists) != 2 {
		t.Fatalf("SearchMany = %v, %v; want two lists", lists, err)
	}
	if diff := cmp.Diff([][]int64{{3, 2}, {3}}, [][]int64{ids(lists[0]), ids(lists[1])}); diff != "" {
		t.Errorf("SearchMany by vector and words (-want +got):\n%s", diff)
	}
	hits, err = c.Search(ctx, "a.b", []float32{0, 1}, 1, &client.SearchOptions{Text: "rain", Fusion: &client.Fusion{Method: "weighted", VectorWeight: 1}})
	if err != nil || len(hits) != 1 || hits[0].ID != 2 {
		t.Errorf("Search with weights = %v, %v; want chunk 2", ids(hits), err)
	}
	if _, err := c.Search(ctx, "a.b", []float32{0, 1}, 1, &client.SearchOptions{AllWords: true}); err == nil {
		t.Error("Search for all words without any succeeded")
	}
}
