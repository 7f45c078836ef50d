// Package langchaingo_test has the stores of LangChainGo for Qdrant and Chroma live with a
// running memista. It is a module of its own, so that memista does not depend on LangChainGo.
package langchaingo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	chromatypes "github.com/amikos-tech/chroma-go/types"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"
	"github.com/tmc/langchaingo/vectorstores/chroma"
	"github.com/tmc/langchaingo/vectorstores/qdrant"
)

const dims = 32

// words is an embedder: each word points in a direction of its own, so that texts that
// share words are near.
type words struct{}

func (words) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	out := make([]float32, dims)
	for _, word := range strings.Fields(text) {
		h := fnv.New64a()
		_, _ = io.WriteString(h, word) // it never fails
		r := rand.New(rand.NewPCG(h.Sum64(), 1))
		for i := range out {
			out[i] += r.Float32()*2 - 1
		}
	}
	return out, nil
}

func (e words) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for _, text := range texts {
		v, err := e.EmbedQuery(ctx, text)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

var documents = []schema.Document{
	{PageContent: "green tea is brewed with hot water", Metadata: map[string]any{"kind": "drink", "n": 1}},
	{PageContent: "black tea is brewed with boiling water", Metadata: map[string]any{"kind": "drink", "n": 2}},
	{PageContent: "cats sleep for most of the day", Metadata: map[string]any{"kind": "animal", "n": 3}},
	{PageContent: "cats hunt mice at night", Metadata: map[string]any{"kind": "animal", "n": 4}},
	{PageContent: "ships float on water", Metadata: map[string]any{"kind": "machine", "n": 5}},
}

// alike returns those k of the documents of the kind, "" for all, that are most like the
// query, with their scores: the cosines.
func alike(query, kind string, k int) []schema.Document {
	q, _ := words{}.EmbedQuery(context.Background(), query) // it never fails
	var out []schema.Document
	for _, d := range documents {
		if kind != "" && d.Metadata["kind"] != kind {
			continue
		}
		v, _ := words{}.EmbedQuery(context.Background(), d.PageContent)
		var dot, a, b float64
		for i := range q {
			dot += float64(q[i]) * float64(v[i])
			a += float64(q[i]) * float64(q[i])
			b += float64(v[i]) * float64(v[i])
		}
		d.Score = float32(dot / math.Sqrt(a*b))
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b schema.Document) int {
		if a.Score > b.Score {
			return -1
		}
		return 1
	})
	return out[:min(k, len(out))]
}

// related returns those of the documents that have a higher score than the threshold. The
// store for Qdrant sends 0 where none was given, and so gets none that are unlike the query.
func related(docs []schema.Document, threshold float32) []schema.Document {
	return slices.DeleteFunc(docs, func(d schema.Document) bool { return d.Score <= threshold })
}

// same fails unless the documents found are those wanted, in order, with their scores.
func same(t *testing.T, got, want []schema.Document) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d documents: %v; want %d", len(got), got, len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.PageContent != w.PageContent || math.Abs(float64(g.Score-w.Score)) > 1e-5 {
			t.Errorf("document %d is %q, score %v; want %q, %v", i, g.PageContent, g.Score, w.PageContent, w.Score)
		}
		if g.Metadata["kind"] != w.Metadata["kind"] || fmt.Sprint(g.Metadata["n"]) != fmt.Sprint(w.Metadata["n"]) {
			t.Errorf("document %d has metadata %v; want %v", i, g.Metadata, w.Metadata)
		}
	}
}

// address returns what the variable says, or skips the test.
func address(t *testing.T, name string) string {
	t.Helper()
	at := os.Getenv(name)
	if at == "" {
		t.Skipf("%s is not set; make test-clients sets it", name)
	}
	return at
}

// send sends a request that must be answered with the status, and returns the answer.
func send(t *testing.T, method, at string, body any, status int) string {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, at, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		t.Fatalf("%s %s = %d %s, %v; want %d", method, at, res.StatusCode, answer, err, status)
	}
	return string(answer)
}

func TestTheStoreForQdrant(t *testing.T) {
	base := address(t, "QDRANT_URL")
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	collection := base + "/collections/langchaingo-qdrant"
	// The store makes no collection.
	send(t, http.MethodPut, collection, map[string]any{"vectors": map[string]any{"size": dims, "distance": "Cosine"}}, http.StatusOK)
	s, err := qdrant.New(qdrant.WithURL(*at), qdrant.WithCollectionName("langchaingo-qdrant"), qdrant.WithEmbedder(words{}))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.AddDocuments(t.Context(), documents)
	if err != nil || len(ids) != len(documents) {
		t.Fatalf("AddDocuments = %v, %v", ids, err)
	}
	t.Run("a search finds the documents that are most alike", func(t *testing.T) {
		got, err := s.SimilaritySearch(t.Context(), "hot green tea", 3)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, related(alike("hot green tea", "", 3), 0))
	})
	t.Run("a search with a filter and a threshold finds only what they leave", func(t *testing.T) {
		filter := map[string]any{"must": []any{map[string]any{"key": "kind", "match": map[string]any{"value": "animal"}}}}
		got, err := s.SimilaritySearch(t.Context(), "cats at night", 5, vectorstores.WithFilters(filter))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, related(alike("cats at night", "animal", 5), 0))
		got, err = s.SimilaritySearch(t.Context(), "cats at night", 5, vectorstores.WithScoreThreshold(0.3))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, related(alike("cats at night", "", 5), 0.3))
	})
	t.Run("a document is deleted under the id that adding it gave", func(t *testing.T) {
		send(t, http.MethodPost, collection+"/points/delete?wait=true", map[string]any{"points": ids[:1]}, http.StatusOK)
		got, err := s.SimilaritySearch(t.Context(), "hot green tea", 10)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, related(alike("hot green tea", "", 10)[1:], 0))
	})
	t.Run("a dropped collection is an error with Qdrant's words", func(t *testing.T) {
		send(t, http.MethodDelete, collection, nil, http.StatusOK)
		_, err := s.SimilaritySearch(t.Context(), "tea", 1)
		if err == nil || !strings.Contains(err.Error(), "Not found: Collection `langchaingo-qdrant` doesn't exist!") {
			t.Errorf("SimilaritySearch in a dropped collection: %v", err)
		}
		if _, err := s.AddDocuments(t.Context(), documents); err == nil {
			t.Error("AddDocuments to a dropped collection succeeded")
		}
	})
}

func TestTheStoreForChroma(t *testing.T) {
	base := address(t, "CHROMA_URL")
	open := func() chroma.Store {
		t.Helper()
		s, err := chroma.New(chroma.WithChromaURL(base), chroma.WithNameSpace("langchaingo-chroma"),
			chroma.WithDistanceFunction(chromatypes.COSINE), chroma.WithEmbedder(words{}))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	ids, err := s.AddDocuments(t.Context(), documents)
	if err != nil || len(ids) != len(documents) {
		t.Fatalf("AddDocuments = %v, %v", ids, err)
	}
	t.Run("a search finds the documents that are most alike", func(t *testing.T) {
		got, err := open().SimilaritySearch(t.Context(), "hot green tea", 3)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, alike("hot green tea", "", 3))
	})
	t.Run("a search with a filter and a threshold finds only what they leave", func(t *testing.T) {
		got, err := s.SimilaritySearch(t.Context(), "cats at night", 5, vectorstores.WithFilters(map[string]any{"kind": "animal"}))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, alike("cats at night", "animal", 5))
		got, err = s.SimilaritySearch(t.Context(), "cats at night", 5, vectorstores.WithScoreThreshold(0.3))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, related(alike("cats at night", "", 5), 0.3))
		_, err = s.SimilaritySearch(t.Context(), "cats", 5, vectorstores.WithFilters(map[string]any{"n": map[string]any{"$like": 1}}))
		if err == nil {
			t.Error("a filter that Chroma does not have was taken")
		}
	})
	t.Run("a removed collection is made anew, empty", func(t *testing.T) {
		if err := s.RemoveCollection(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SimilaritySearch(t.Context(), "tea", 1); err == nil {
			t.Error("SimilaritySearch in a removed collection succeeded")
		}
		again := open()
		got, err := again.SimilaritySearch(t.Context(), "tea", 5)
		if err != nil || len(got) != 0 {
			t.Errorf("SimilaritySearch in a new collection = %v, %v; want none", got, err)
		}
		if err := again.RemoveCollection(); err != nil {
			t.Error(err)
		}
	})
}
