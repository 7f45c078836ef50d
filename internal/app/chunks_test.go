package app_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

func TestChunksByIDAndKey(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
	ids := insert(t, s, "a",
		domain.Chunk{Key: "x", Text: "one", Embedding: []float32{1}},
		domain.Chunk{Text: "two", Embedding: []float32{2}},
		domain.Chunk{Key: "z", Text: "three", Embedding: []float32{3}})
	refs := []app.Ref{{Key: "z"}, {Key: "none"}, {ID: ids[1]}, {ID: 99}, {ID: ids[2]}, {Key: "x"}, {Key: "z"}}
	chunks, err := s.Chunks(t.Context(), "a", refs, domain.FieldText)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range chunks {
		texts = append(texts, c.Text)
	}
	if diff := cmp.Diff([]string{"three", "two", "one"}, texts); diff != "" {
		t.Errorf("texts of %v (-want +got):\n%s", refs, diff)
	}
	if chunks, err := s.Chunks(t.Context(), "a", nil, 0); err != nil || len(chunks) != 0 {
		t.Errorf("Chunks(nothing) = %v, %v; want none", chunks, err)
	}
	for name, k := range map[string]struct {
		database string
		ref      app.Ref
		kind     error
	}{
		"no such database": {"b", app.Ref{ID: 1}, domain.ErrNotFound},
		"no name":          {"a", app.Ref{}, domain.ErrInvalid},
	} {
		if _, err := s.Chunks(t.Context(), k.database, []app.Ref{k.ref}, 0); !errors.Is(err, k.kind) {
			t.Errorf("%s: %v; want %v", name, err, k.kind)
		}
	}
}

func TestChunksAreBounded(t *testing.T) {
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(t.TempDir(), "memista.db")), Flat: flat.Engine{}, Limits: app.Limits{Answer: 14},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := insert(t, s, "a", domain.Chunk{Key: "x", Text: "12345678", Embedding: []float32{1}}, domain.Chunk{Text: "87654321", Embedding: []float32{1}})
	for _, refs := range [][]app.Ref{{{Key: "x"}}, {{ID: ids[1]}}} {
		if chunks, err := s.Chunks(t.Context(), "a", refs, domain.FieldText); err != nil || len(chunks) != 1 {
			t.Errorf("Chunks(%v) = %v, %v; want one", refs, chunks, err)
		}
	}
	if _, err := s.Chunks(t.Context(), "a", []app.Ref{{Key: "x"}, {ID: ids[1]}}, domain.FieldText); !errors.Is(err, domain.ErrTooLarge) {
		t.Errorf("16 bytes of at most 14: %v; want ErrTooLarge", err)
	}
}

func TestInsertIntoWhatMustExist(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
	in := app.Insert{Database: "a", MustExist: true, Chunks: []domain.Chunk{{Embedding: []float32{1}}}}
	if _, err := s.Insert(t.Context(), in); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Insert into nothing = %v; want ErrNotFound", err)
	}
	if _, err := s.Database(t.Context(), "a"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Database = %v; want ErrNotFound, for nothing may be made", err)
	}
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{}); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Insert(t.Context(), in); err != nil || len(ids) != 1 {
		t.Errorf("Insert = %v, %v; want an id", ids, err)
	}
}
