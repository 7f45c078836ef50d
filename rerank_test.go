//go:build sqlite_fts5 || !cgo

package memista_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/adapters/rerank/servertest"
	"github.com/memista/memista/internal/ports/reranktest"
	"github.com/memista/memista/server"
)

// TestRerank ranks again by a server with /rerank, in the library and over a client.
func TestRerank(t *testing.T) {
	m := reranktest.NewMemory()
	ranks := servertest.New(t, m)
	open := func() *memista.DB {
		db, err := memista.Open("", &memista.Options{Reranking: memista.Reranking{URL: ranks.URL + "/v2", Model: "words"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	web := httptest.NewServer(server.New(open(), nil))
	t.Cleanup(web.Close)
	c, err := client.New(web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]memista.Service{"library": open(), "client": c} {
		t.Run(name, func(t *testing.T) { testRerank(t, s, ranks) })
	}
}

func testRerank(t *testing.T, s memista.Service, ranks *providertest.Server) {
	ctx, d := t.Context(), s.Database("d")
	if _, err := d.Create(ctx, &memista.Settings{FullText: memista.Words}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Insert(ctx, []memista.Chunk{
		{Key: "a", Text: "a lamp, a lamp and a lamp in a long row of words", Embedding: []float32{1, 0}},
		{Key: "b", Text: "lamp", Embedding: []float32{0, 1}}, {Key: "c", Text: "stone", Embedding: []float32{0.5, 0.5}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Query(ctx, []memista.Query{{Embedding: []float32{1, 0}, Text: "lamp", K: 2, Rerank: &memista.Rerank{Top: 3}}}, &memista.QueryOptions{Explain: true})
	if err != nil || keysOf(got.Hits[0]) != "ba" || got.Hits[0][0].Score != 1 {
		t.Fatalf("Query = %+v, %v; want b with a score of 1, then a", got.Hits, err)
	}
	e := got.Explain[0]
	if e.Rerank == nil || e.Rerank.Model != "words" || e.Rerank.Texts != 3 || len(e.Rerank.First) != 2 || e.Rerank.First[1].Rank != 1 || e.Times.Rerank <= 0 {
		t.Errorf("Explain.Rerank = %+v in %v; want 3 texts by words, of which a was the first", e.Rerank, e.Times.Rerank)
	}
	for _, o := range []*memista.SearchOptions{{Text: "lamp", Rerank: &memista.Rerank{}}, {Text: "lamp", Rerank: &memista.Rerank{Top: 2}, Include: []memista.Part{}}} {
		hits, err := d.Search(ctx, nil, 1, o)
		if err != nil || keysOf(hits) != "b" || (hits[0].Text == "") != (o.Include != nil) {
			t.Errorf("Search = %+v, %v; want b", hits, err)
		}
	}
	if _, err := d.Search(ctx, []float32{1, 0}, 1, &memista.SearchOptions{Rerank: &memista.Rerank{}}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Search by a vector only = %v; want ErrInvalid", err)
	}
	ranks.Always(providertest.Say(400, "no such model"))
	defer ranks.Always(nil)
	if _, err := d.Search(ctx, nil, 1, &memista.SearchOptions{Text: "lamp", Rerank: &memista.Rerank{}}); !errors.Is(err, memista.ErrReranker) {
		t.Errorf("Search with a broken reranker = %v; want ErrReranker", err)
	}
}

func TestRerankingThatCannotWork(t *testing.T) {
	for _, r := range []memista.Reranking{{URL: "localhost:80", Model: "m"}, {URL: "http://127.0.0.1:1"}, {URL: "http://127.0.0.1:1", API: "best", Model: "m"}} {
		if db, err := memista.Open("", &memista.Options{Reranking: r}); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Open with %+v = %v, %v; want ErrInvalid", r, db, err)
		}
	}
}
