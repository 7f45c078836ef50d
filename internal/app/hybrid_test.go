package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// limited is an embedder that declares a share and has no embedding for texts with "qzx".
type limited struct {
	ports.Embedder
	share float64
}

func (e limited) Model(ctx context.Context) (domain.Model, error) {
	m, err := e.Embedder.Model(ctx)
	m.VectorShare = e.share
	return m, err
}

func (e limited) Embed(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
	for i, text := range texts {
		if strings.Contains(text, "qzx") {
			return nil, domain.At(domain.Errorf(domain.ErrInvalid, "no token is known"), fmt.Sprintf("texts[%d]", i))
		}
	}
	return e.Embedder.Embed(ctx, texts, p)
}

// hybridService returns a service with a database "both" that has texts and an embedder.
func hybridService(t *testing.T, share float64) *app.Service {
	t.Helper()
	s := serviceOf(t, limited{embedtest.NewMemory("usual", ports.EmbedLimits{}), share})
	set := domain.Settings{FullText: domain.Words, Embedder: domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: "test", Model: "usual"}}}
	if _, _, err := s.Create(t.Context(), "both", set); err != nil {
		t.Fatal(err)
	}
	insertTexts(t, s, "both")
	return s
}

func TestTheModelSaysHowHybridIsFused(t *testing.T) {
	both := app.Query{Text: "the keys", NearText: "the keys", K: 3}
	for name, c := range map[string]struct {
		share  float64
		spoil  func(*app.Query)
		method domain.FusionMethod
		vector float64
	}{
		"a share of the model":       {0.25, func(*app.Query) {}, domain.WeightedScores, 0.25},
		"a model that declares none": {0, func(*app.Query) {}, domain.WeightedScores, domain.DefaultVectorShare},
		"only a weight is set":       {0.25, func(q *app.Query) { q.Fusion.TextWeight = new(2.0) }, domain.ReciprocalRank, 1},
		"only candidates are set":    {0.25, func(q *app.Query) { q.Fusion.Candidates = 20 }, domain.ReciprocalRank, 1},
		"a method is set":            {0.25, func(q *app.Query) { q.Fusion.Method = domain.WeightedScores }, domain.WeightedScores, 1},
		"the caller's own vector": {0.25, func(q *app.Query) {
			q.Embedding, q.NearText = embeddingOf(t, "usual", q.NearText), ""
		}, domain.ReciprocalRank, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := hybridService(t, c.share)
			q := both
			c.spoil(&q)
			found, err := s.Search(t.Context(), app.Search{Database: "both", Queries: []app.Query{q}})
			if err != nil {
				t.Fatal(err)
			}
			work := found.Explain[0].Text
			if work.Fusion != c.method || work.VectorWeight != c.vector {
				t.Errorf("fusion is %s with a vector weight of %v; want %s and %v", work.Fusion, work.VectorWeight, c.method, c.vector)
			}
			if len(found.Hits[0]) != 3 {
				t.Errorf("Search = %+v; want all three", found.Hits[0])
			}
		})
	}
}

func TestHybridGoesByWordsWhereThereIsNoEmbedding(t *testing.T) {
	s := hybridService(t, 0.25)
	ask := func(queries ...app.Query) (app.Found, error) {
		return s.Search(t.Context(), app.Search{Database: "both", Queries: queries})
	}
	unknown := app.Query{Text: "flour qzx", NearText: "flour qzx", K: 3}
	known := app.Query{Text: "cats", NearText: "cats", K: 3}
	found, err := ask(unknown, known, unknown)
	if err != nil {
		t.Fatalf("Search with words = %v; want nil", err)
	}
	for i, want := range []int{1, 3, 1} {
		if got := len(found.Hits[i]); got != want {
			t.Errorf("query %d has %d hits; want %d", i, got, want)
		}
	}
	if found.Explain[0].Text.Fusion != "" || found.Hits[0][0].Chunk.Key != "brea" {
		t.Errorf("Search = %+v, %+v; want the bread, by words only", found.Hits[0], found.Explain[0].Text)
	}
	_, err = ask(known, app.Query{NearText: "qzx", K: 3})
	if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "queries[1]") {
		t.Errorf("Search by meaning only = %v; want ErrInvalid that names queries[1]", err)
	}
}
