package app_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// windowed is a repository that calls between ahead of the next write.
type windowed struct {
	ports.ChunkRepository
	between atomic.Pointer[func()]
}

func (r *windowed) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	if between := r.between.Swap(nil); between != nil {
		(*between)()
	}
	return r.ChunkRepository.Write(ctx, b, applied)
}

// uses are calls about the database "a" of a number, and whether they write.
func uses(s *app.Service, number int64) map[string]struct {
	call   func(ctx context.Context) error
	writes bool
} {
	type use = struct {
		call   func(ctx context.Context) error
		writes bool
	}
	all := &filterlang.Filter{}
	remove := func(in app.Removal) use {
		in.Database, in.Number = "a", number
		return use{func(ctx context.Context) error { _, err := s.Remove(ctx, in); return err }, true}
	}
	change := func(in app.Change) use {
		in.Database, in.Number, in.Create = "a", number, &domain.Settings{Metric: domain.L2}
		in.Make = func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
			if old == nil {
				old = &domain.Chunk{Embedding: []float32{5, 5}}
			}
			old.Text = "of another life"
			return old, nil
		}
		return use{func(ctx context.Context) error { _, err := s.Change(ctx, in); return err }, true}
	}
	query := app.Query{Embedding: []float32{1, 0}, K: 1}
	return map[string]use{
		"insert": {func(ctx context.Context) error {
			_, err := s.Insert(ctx, app.Insert{Database: "a", Number: number, Chunks: []domain.Chunk{chunk("of another life", 1, 0)}})
			return err
		}, true},
		"change by key":    change(app.Change{Keys: []string{"k"}}),
		"change by id":     change(app.Change{Refs: []app.Ref{{ID: 1}}}),
		"change by filter": change(app.Change{Filter: all}),
		"remove by id":     remove(app.Removal{IDs: []int64{1}}),
		"remove by key":    remove(app.Removal{Keys: []string{"k"}}),
		"remove by filter": remove(app.Removal{Filter: all}),
		"fetch": {func(ctx context.Context) error {
			_, err := s.Fetch(ctx, app.Fetch{Database: "a", Number: number, Refs: []app.Ref{{ID: 1}}})
			return err
		}, false},
		"search": {func(ctx context.Context) error {
			_, err := s.Search(ctx, app.Search{Database: "a", Number: number, Queries: []app.Query{query}})
			return err
		}, false},
		"groups": {func(ctx context.Context) error {
			_, err := s.SearchGroups(ctx, app.Groups{Database: "a", Number: number, Query: query, By: "n"})
			return err
		}, false},
		"list": {func(ctx context.Context) error {
			_, err := s.List(ctx, app.List{Database: "a", Number: number})
			return err
		}, false},
		"sample": {func(ctx context.Context) error {
			_, err := s.Sample(ctx, app.Sample{Database: "a", Number: number})
			return err
		}, false},
		"count values": {func(ctx context.Context) error {
			_, err := s.CountValues(ctx, app.CountValues{Database: "a", Number: number, Field: "n"})
			return err
		}, false},
	}
}

// born makes the database "a" with one chunk and returns its number.
func born(t *testing.T, s *app.Service) int64 {
	t.Helper()
	meta, err := domain.MetadataObject([]byte(`{"n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "its own", Metadata: meta, Embedding: []float32{1, 0}})
	info, err := s.Database(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return info.Number
}

// untouched fails unless "a" has the chunk that it was born with, and no other.
func untouched(t *testing.T, s *app.Service, after string) {
	t.Helper()
	page, err := s.List(t.Context(), app.List{Database: "a", Fields: domain.FieldText})
	if err != nil || len(page.Chunks) != 1 || page.Chunks[0].Text != "its own" {
		t.Errorf("after %s of another life: %+v, %v; want the one chunk that was stored", after, page.Chunks, err)
	}
}

// TestOnlyTheLifeThatIsMeant names a database by a number that it has no more.
func TestOnlyTheLifeThatIsMeant(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
	for name := range uses(s, 0) {
		old := born(t, s)
		use := uses(s, old)[name]
		if err := use.call(t.Context()); err != nil {
			t.Errorf("%s of the number that the database has = %v", name, err)
		}
		drop(t, s, "a")
		if err := use.call(t.Context()); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("%s after the drop = %v; want ErrNotFound", name, err)
		}
		now := born(t, s)
		if err := use.call(t.Context()); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("%s of number %d, where it is %d, = %v; want ErrNotFound", name, old, now, err)
		}
		untouched(t, s, name)
		drop(t, s, "a")
	}
}

// TestAWriteOfALifeThatEndsMeanwhile has the database dropped and made again when all is read
// and checked, and nothing is written yet.
func TestAWriteOfALifeThatEndsMeanwhile(t *testing.T) {
	repo := &windowed{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
	s := newService(t, repo, 1<<30)
	for name := range uses(s, 0) {
		use := uses(s, born(t, s))[name]
		if use.writes {
			again := func() {
				drop(t, s, "a")
				born(t, s)
			}
			repo.between.Store(&again)
			if err := use.call(t.Context()); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("%s = %v; want ErrNotFound", name, err)
			}
			if repo.between.Load() != nil {
				t.Errorf("%s wrote nothing", name)
			}
			untouched(t, s, name)
		}
		drop(t, s, "a")
	}
}

func drop(t *testing.T, s *app.Service, id string) {
	t.Helper()
	if _, err := s.Drop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}
