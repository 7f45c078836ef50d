package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
	"github.com/memista/memista/internal/ports/repotest"
)

// watched returns a service in memory whose default embedder is the one returned.
func watched(t *testing.T) (*app.Service, *embedtest.Memory) {
	t.Helper()
	m := embedtest.NewMemory("usual", ports.EmbedLimits{})
	return serviceOf(t, m), m
}

// serviceOf returns a service in memory with the embedders test/usual, which is e, and
// test/other.
func serviceOf(t *testing.T, e ports.Embedder) *app.Service {
	t.Helper()
	open := func(model string) (ports.Embedder, error) {
		if model == "usual" {
			return e, nil
		}
		return embedtest.NewMemory(model, ports.EmbedLimits{}), nil
	}
	s, err := app.New(app.Config{
		Repository: repotest.NewMemory(), Flat: flat.Engine{},
		Embedders: embedding.NewRegistry(map[string]embedding.Opener{"test": open}, domain.EmbedderRef{Provider: "test", Model: "usual"}, embedding.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var otherEmbedder = domain.Settings{Embedder: domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: "test", Model: "other"}}}

func TestWhatIsRefusedCostsNothing(t *testing.T) {
	s, m := watched(t)
	insertTexts(t, s, "a")
	m.Calls()
	for name, in := range map[string]app.Search{
		"k":            {Queries: []app.Query{{NearText: "x"}}},
		"many queries": {Queries: slices.Repeat([]app.Query{{NearText: "x", K: 1}}, app.DefaultLimits().Queries+1)},
		"filter":       {Queries: []app.Query{{NearText: "x", K: 1, Ef: -1}}},
		"UTF-8":        {Queries: []app.Query{{NearText: "a\xffb", K: 1}}},
		"two kinds":    {Queries: []app.Query{{NearText: "x", K: 1, Like: app.Ref{Key: "cats"}}}},
	} {
		in.Database = "a"
		if _, err := s.Search(t.Context(), in); !errors.Is(err, domain.ErrInvalid) && !errors.Is(err, domain.ErrTooLarge) {
			t.Errorf("%s: Search = %v; want a refusal", name, err)
		}
	}
	for name, c := range map[string]domain.Chunk{"dims": {Embedding: []float32{1}}, "zero": {Embedding: make([]float32, 24)}} {
		_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{{Text: "to embed"}, c}})
		if e, ok := errors.AsType[*domain.Error](err); !ok || e.Place != "chunks[1]" {
			t.Errorf("%s: Insert = %v; want a refusal of chunks[1]", name, err)
		}
	}
	for name, texts := range map[string][]string{"none": nil, "many": slices.Repeat([]string{"x"}, app.DefaultLimits().Chunks+1), "UTF-8": {"a", "a\xffb"}} {
		if _, err := s.Embed(t.Context(), app.Embed{Texts: texts}); !errors.Is(err, domain.ErrInvalid) && !errors.Is(err, domain.ErrTooLarge) {
			t.Errorf("%s: Embed = %v; want a refusal", name, err)
		}
	}
	if _, err := s.Embed(t.Context(), app.Embed{Texts: []string{"x"}, Dims: 23}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Embed with 23 dimensions = %v; want ErrInvalid", err)
	}
	if calls := m.Calls(); len(calls) > 0 {
		t.Errorf("the embedder had work with %v", calls)
	}
}

func TestQueriesOfTheCallerStayAsTheyAre(t *testing.T) {
	s, _ := watched(t)
	insertTexts(t, s, "a")
	queries := []app.Query{{NearText: "bread", K: 1}}
	for range 2 {
		if _, err := s.Search(t.Context(), app.Search{Database: "a", Queries: queries}); err != nil {
			t.Fatal(err)
		}
	}
	if q := queries[0]; q.NearText != "bread" || q.Embedding != nil {
		t.Errorf("the query is now %+v", q)
	}
}

func TestAnErrorAboutTheTextOfAPatchNamesNoList(t *testing.T) {
	s, _ := watched(t)
	insertTexts(t, s, "a")
	blank := " \n"
	_, err := s.Patch(t.Context(), "a", app.Ref{Key: "cats"}, app.Patch{Text: &blank})
	if !errors.Is(err, domain.ErrInvalid) || strings.Contains(err.Error(), "texts[") {
		t.Errorf("Patch = %v; want ErrInvalid that names no list", err)
	}
}

// embeddingOf returns what the model called name makes of text.
func embeddingOf(t *testing.T, name, text string) []float32 {
	t.Helper()
	es, err := embedtest.NewMemory(name, ports.EmbedLimits{}).Embed(t.Context(), []string{text}, ports.PurposeDocument)
	if err != nil {
		t.Fatal(err)
	}
	return es[0]
}

// While the embedder has the text of a patch, the chunk may change, its database too.
func TestPatchesBesideASlowEmbedder(t *testing.T) {
	slow := "the text that takes long"
	for name, c := range map[string]struct {
		between func(t *testing.T, s *app.Service)
		model   string
	}{
		"another patch does not wait for it": {func(t *testing.T, s *app.Service) {
			if _, err := s.Patch(t.Context(), "a", app.Ref{Key: "cats"}, app.Patch{Metadata: metadata(t, `{"n":1}`)}); err != nil {
				t.Fatal(err)
			}
		}, "usual"},
		"a new life with another embedder gets an embedding of that": {func(t *testing.T, s *app.Service) {
			_, err := s.Drop(t.Context(), "a")
			if err == nil {
				_, _, err = s.Create(t.Context(), "a", otherEmbedder)
			}
			if err != nil {
				t.Fatal(err)
			}
			insertTexts(t, s, "a")
		}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := watched(t)
			insertTexts(t, s, "a")
			waiting, release := m.Hold()
			defer release()
			patched := make(chan error, 1)
			go func() {
				_, err := s.Patch(t.Context(), "a", app.Ref{Key: "cats"}, app.Patch{Text: &slow})
				patched <- err
			}()
			<-waiting
			c.between(t, s)
			release()
			if err := <-patched; err != nil {
				t.Fatal(err)
			}
			got, err := s.Chunk(t.Context(), "a", app.Ref{Key: "cats"}, domain.DefaultFields|domain.FieldEmbedding)
			if err != nil || got.Text != slow || !slices.Equal(got.Embedding, embeddingOf(t, c.model, slow)) {
				t.Errorf("the chunk is %+v, %v; want the text and its embedding by %s", got, err, c.model)
			}
		})
	}
}

// While the embedder has the texts of an insert that makes a database, another one may make
// it with another embedder, which then makes the embeddings.
func TestADatabaseThatTwoMakeHasOneEmbedder(t *testing.T) {
	s, m := watched(t)
	if _, err := s.Embed(t.Context(), app.Embed{Texts: []string{"so that the model is known"}}); err != nil {
		t.Fatal(err)
	}
	waiting, release := m.Hold()
	defer release()
	inserted := make(chan error, 1)
	in := app.Insert{Database: "a", Chunks: []domain.Chunk{{Key: "k", Text: "one"}}}
	go func() {
		_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: slices.Clone(in.Chunks)})
		inserted <- err
	}()
	<-waiting
	if _, _, err := s.Create(t.Context(), "a", otherEmbedder); err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-inserted; err != nil {
		t.Fatal(err)
	}
	c, err := s.Chunk(t.Context(), "a", app.Ref{Key: "k"}, domain.FieldEmbedding)
	if err != nil || !slices.Equal(c.Embedding, embeddingOf(t, "other", "one")) {
		t.Errorf("the insert stored %v, %v; want the embedding by the other model", c.Embedding, err)
	}
}

// unreachable is an embedder whose provider is down: calls wait for another try until it is
// closed.
type unreachable struct {
	*embedtest.Memory
	once            sync.Once
	waiting, closed chan struct{}
}

func (u *unreachable) Embed(ctx context.Context, _ []string, _ ports.Purpose) ([][]float32, error) {
	close(u.waiting)
	select {
	case <-u.closed:
		return nil, domain.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *unreachable) Close() error {
	u.once.Do(func() { close(u.closed) })
	return u.Memory.Close()
}

func TestCloseDoesNotWaitForAProviderThatIsDown(t *testing.T) {
	u := &unreachable{Memory: embedtest.NewMemory("usual", ports.EmbedLimits{}), waiting: make(chan struct{}), closed: make(chan struct{})}
	s := serviceOf(t, u)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	inserted := make(chan error, 1)
	go func() {
		_, err := s.Insert(ctx, app.Insert{Database: "a", Chunks: []domain.Chunk{{Text: "one"}}})
		inserted <- err
	}()
	<-u.waiting
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-inserted; !errors.Is(err, domain.ErrClosed) {
		t.Errorf("Insert = %v; want ErrClosed", err)
	}
}
