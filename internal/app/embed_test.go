package app_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// failing is an embedder that fails while err is set, and embeds questions as documents.
type failing struct {
	ports.Embedder
	err *error
}

func (e failing) Embed(ctx context.Context, texts []string, _ ports.Purpose) ([][]float32, error) {
	if *e.err != nil {
		return nil, *e.err
	}
	return e.Embedder.Embed(ctx, texts, ports.PurposeDocument)
}

// withEmbedders returns a service at path with the embedders memory/NAME, the default
// memory/usual, which fail while the error is set.
func withEmbedders(t *testing.T, path string) (*app.Service, *error) {
	t.Helper()
	fault := new(error)
	open := func(model string) (ports.Embedder, error) {
		return failing{embedtest.NewMemory(model, ports.EmbedLimits{}), fault}, nil
	}
	s, err := app.New(app.Config{
		Repository: openStore(t, path), Flat: flat.Engine{},
		Embedders: embedding.NewRegistry(map[string]embedding.Opener{"memory": open}, domain.EmbedderRef{Provider: "memory", Model: "usual"}, embedding.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s, fault
}

var sentences = []string{"cats sleep on the sofa", "rotate the keys of the server", "bread needs flour and salt"}

func insertTexts(t *testing.T, s *app.Service, database string) {
	t.Helper()
	var chunks []domain.Chunk
	for _, text := range sentences {
		chunks = append(chunks, domain.Chunk{Key: text[:4], Text: text})
	}
	if _, err := s.Insert(t.Context(), app.Insert{Database: database, Chunks: chunks}); err != nil {
		t.Fatal(err)
	}
}

// nearest returns the text that is nearest to a text.
func nearest(t *testing.T, s *app.Service, database, text string) string {
	t.Helper()
	found, err := s.Search(t.Context(), app.Search{Database: database, Queries: []app.Query{{NearText: text, K: 1}}, Fields: domain.DefaultFields})
	if err != nil || len(found.Hits[0]) != 1 {
		t.Fatalf("Search near %q = %+v, %v", text, found.Hits, err)
	}
	return found.Hits[0][0].Text
}

func TestTextsAreEmbedded(t *testing.T) {
	s, _ := withEmbedders(t, filepath.Join(t.TempDir(), "memista.db"))
	insertTexts(t, s, "a") // which gets the default embedder
	d, err := s.Database(t.Context(), "a")
	if err != nil || d.Embedder.String() != "memory/usual" || d.Embedder.Fingerprint == "" || d.Dims == 0 {
		t.Fatalf("the database is %+v, %v; want the default embedder and the dimension of its model", d.Settings, err)
	}
	for _, text := range sentences {
		if got := nearest(t, s, "a", text); got != text {
			t.Errorf("nearest to %q is %q; want itself", text, got)
		}
	}
	own := make([]float32, d.Dims)
	own[0] = 1
	if _, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{{Key: "own", Text: sentences[0], Embedding: own}}}); err != nil {
		t.Fatal(err)
	}
	c, err := s.Chunk(t.Context(), "a", app.Ref{Key: "own"}, domain.FieldEmbedding)
	if err != nil || !slices.Equal(c.Embedding, own) {
		t.Errorf("an embedding that came with its text is stored as %v, %v", c.Embedding, err)
	}
	text := "a boat on the lake"
	if _, err := s.Patch(t.Context(), "a", app.Ref{Key: "brea"}, app.Patch{Text: &text}); err != nil {
		t.Fatal(err)
	}
	if got := nearest(t, s, "a", text); got != text {
		t.Errorf("nearest to a text that was patched in is %q", got)
	}
}

func TestWhatCannotBeEmbeddedStoresNothing(t *testing.T) {
	s, fault := withEmbedders(t, filepath.Join(t.TempDir(), "memista.db"))
	insertTexts(t, s, "a")
	if _, _, err := s.Create(t.Context(), "bare", domain.Settings{Dims: 2}); err != nil {
		t.Fatal(err)
	}
	late := &domain.EmbedderError{Kind: domain.ErrEmbedderTimeout, Message: "no answer"}
	for name, c := range map[string]struct {
		database string
		chunk    domain.Chunk
		fault    error
		want     error
	}{
		"no embedder":         {"bare", domain.Chunk{Text: "x"}, nil, domain.ErrInvalid},
		"neither":             {"a", domain.Chunk{}, nil, domain.ErrInvalid},
		"the embedder fails":  {"a", domain.Chunk{Text: "never seen"}, late, domain.ErrEmbedderTimeout},
		"a vector of another": {"a", domain.Chunk{Text: "x", Embedding: []float32{1, 2}}, nil, domain.ErrDimension},
	} {
		*fault = c.fault
		_, err := s.Insert(t.Context(), app.Insert{Database: c.database, Chunks: []domain.Chunk{{Text: sentences[0], Key: "good", Embedding: nil}, c.chunk}})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Insert = %v; want %v", name, err, c.want)
		}
		*fault = nil
		if _, err := s.Chunk(t.Context(), c.database, app.Ref{Key: "good"}, 0); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("%s: half of the batch is stored: %v", name, err)
		}
	}
	for name, q := range map[string]app.Query{
		"a text and a vector": {NearText: "x", Embedding: []float32{1, 2}, K: 1},
		"a text and a chunk":  {NearText: "x", Like: app.Ref{ID: 1}, K: 1},
	} {
		if _, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}}); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Search = %v; want ErrInvalid", name, err)
		}
	}
	if _, err := s.Search(t.Context(), app.Search{Database: "bare", Queries: []app.Query{{NearText: "x", K: 1}}}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Search near a text without an embedder = %v; want ErrInvalid", err)
	}
	if _, _, err := s.Create(t.Context(), "b", domain.Settings{Embedder: domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: "other", Model: "m"}}}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Create with an embedder that is not there = %v; want ErrInvalid", err)
	}
}

func TestTheDefaultEmbedderByName(t *testing.T) {
	s, _ := withEmbedders(t, filepath.Join(t.TempDir(), "memista.db"))
	byName := domain.Settings{Embedder: domain.Embedder{EmbedderRef: domain.DefaultEmbedder}}
	for range 2 { // the second time it is there
		d, _, err := s.Create(t.Context(), "a", byName)
		if err != nil || d.Embedder.String() != "memory/usual" || d.Dims == 0 {
			t.Errorf("Create = %+v, %v; want the default embedder and the dimension of its model", d.Settings, err)
		}
	}
	none, err := app.New(app.Config{Repository: openStore(t, ""), Flat: flat.Engine{}})
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if _, _, err := none.Create(t.Context(), "a", byName); !errors.Is(err, domain.ErrUnsupported) {
		t.Errorf("Create without any embedder = %v; want ErrUnsupported", err)
	}
}
