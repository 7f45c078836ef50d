package collections_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// TestAliasesEverywhere names a database by an alias in every use case about chunks.
func TestAliasesEverywhere(t *testing.T) {
	svc, c, _ := open(t)
	ctx := t.Context()
	if err := inserted(ctx, svc, "docs", "first"); err != nil {
		t.Fatal(err)
	}
	alias(t, c, "now", "docs")
	const db = "now"
	meta, _ := domain.MetadataObject([]byte(`{"a":1}`))
	text := "patched"
	var ids []int64
	for what, call := range map[string]func() error{
		"Chunk":       func() error { _, err := svc.Chunk(ctx, db, app.Ref{ID: 1}, 0); return err },
		"Chunks":      func() error { _, err := svc.Chunks(ctx, db, []app.Ref{{ID: 1}}, 0); return err },
		"Count":       func() error { _, err := svc.Count(ctx, db, nil); return err },
		"CountValues": func() error { _, err := svc.CountValues(ctx, app.CountValues{Database: db, Field: "a"}); return err },
		"List":        func() error { _, err := svc.List(ctx, app.List{Database: db}); return err },
		"Search": func() error {
			_, err := svc.Search(ctx, app.Search{Database: db, Queries: []app.Query{{Embedding: []float32{1, 2}, K: 1}}})
			return err
		},
		"Database":    func() error { _, err := svc.Database(ctx, db); return err },
		"WaitIndexed": func() error { return svc.WaitIndexed(ctx, db, nil) },
		"FinishIndex": func() error { return svc.FinishIndex(ctx, db, nil) },
		"Patch":       func() error { _, err := svc.Patch(ctx, db, app.Ref{ID: 1}, app.Patch{Text: &text}); return err },
		"PatchWhere":  func() error { _, err := svc.PatchWhere(ctx, db, nil, app.Patch{Metadata: &meta}); return err },
		"Change": func() error {
			_, err := svc.Change(ctx, app.Change{Database: db, Refs: []app.Ref{{ID: 1}}, Create: &domain.Settings{}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
				old.Text = "changed"
				return old, nil
			}})
			return err
		},
		"Delete":     func() error { _, err := svc.Delete(ctx, db, []int64{99}); return err },
		"DeleteKeys": func() error { _, err := svc.DeleteKeys(ctx, db, []string{"x"}); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s by an alias = %v", what, err)
		}
	}
	if err := inserted(ctx, svc, db, "second"); err != nil {
		t.Errorf("Insert by an alias = %v", err)
	}
	page, err := svc.List(ctx, app.List{Database: "docs"})
	for _, chunk := range page.Chunks {
		ids = append(ids, chunk.ID)
	}
	if err != nil || len(ids) != 2 {
		t.Errorf("List = %v, %v; want 2 chunks", ids, err)
	}
	if err := svc.DeleteChunk(ctx, db, app.Ref{ID: 1}); err != nil {
		t.Errorf("DeleteChunk by an alias = %v", err)
	}
	if n, err := svc.DeleteWhere(ctx, db, nil); n != 1 || err != nil {
		t.Errorf("DeleteWhere by an alias = %d, %v; want 1", n, err)
	}
	if info, err := svc.Database(ctx, db); info.ID != "docs" || err != nil {
		t.Errorf("Database by an alias = %q, %v; want docs", info.ID, err)
	}
	if existed, err := svc.Drop(ctx, db); existed || err != nil {
		t.Errorf("Drop by an alias = %v, %v; want that there is no such database", existed, err)
	}
	if _, err := svc.Alter(ctx, db, domain.Alteration{EfSearch: new(int)}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Alter by an alias = %v; want ErrNotFound", err)
	}
	if _, _, err := svc.Create(ctx, db, domain.Settings{}); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("Create with the name of an alias = %v; want ErrConflict", err)
	}
	if _, err := svc.Drop(ctx, "docs"); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Count(ctx, db, nil); !errors.Is(err, domain.ErrNotFound) || !strings.Contains(err.Error(), "'now'") {
		t.Errorf("Count by an alias of what is gone = %v; want that now is not found", err)
	}
}

// TestAliasSwitchBesideRequests moves an alias from version to version of a database, and
// drops the one before, while others search and write by it. Nobody sees an error, or
// something of two versions, or an older version than one that was there before.
func TestAliasSwitchBesideRequests(t *testing.T) {
	svc, c, _ := open(t)
	ctx := t.Context()
	version := func(n int) string { return fmt.Sprintf("docs-%d", n) }
	publish := func(n int) {
		t.Helper()
		chunks := make([]domain.Chunk, 20)
		for i := range chunks {
			chunks[i] = domain.Chunk{Key: fmt.Sprint("k", i), Text: version(n), Embedding: []float32{1, float32(i)}}
		}
		if _, err := svc.Insert(ctx, app.Insert{Database: version(n), Chunks: chunks}); err != nil {
			t.Fatal(err)
		}
		alias(t, c, "docs", version(n))
	}
	publish(0)
	var published atomic.Int64
	done := make(chan struct{})
	var wg sync.WaitGroup
	ask := func(call func() (texts []string, err error)) {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := published.Load()
				texts, err := call()
				if err != nil {
					t.Errorf("by the alias: %v", err)
					return
				}
				for _, text := range texts {
					var n int64
					if _, err := fmt.Sscanf(text, "docs-%d", &n); err != nil || text != texts[0] || n < least {
						t.Errorf("by the alias: %q and %q; want one version, at least %d", texts[0], text, least)
						return
					}
				}
			}
		})
	}
	ask(func() (texts []string, err error) {
		found, err := svc.Search(ctx, app.Search{Database: "docs", Fields: domain.FieldText, Queries: []app.Query{{Embedding: []float32{1, 2}, K: 5}}})
		if err == nil {
			for _, h := range found.Hits[0] {
				texts = append(texts, h.Text)
			}
		}
		return texts, err
	})
	ask(func() (texts []string, err error) {
		page, err := svc.List(ctx, app.List{Database: "docs", Fields: domain.FieldText, Limit: 5})
		for _, chunk := range page.Chunks {
			texts = append(texts, chunk.Text)
		}
		return texts, err
	})
	ask(func() ([]string, error) {
		meta := domain.MetadataString("seen")
		chunk, err := svc.Patch(ctx, "docs", app.Ref{Key: "k3"}, app.Patch{Metadata: &meta})
		return []string{chunk.Text}, err
	})
	ask(func() ([]string, error) {
		_, err := svc.Insert(ctx, app.Insert{Database: "docs", Chunks: []domain.Chunk{{Key: "more", Embedding: []float32{0, -9}}}})
		return nil, err
	})
	for n := 1; n <= 40; n++ {
		publish(n)
		published.Store(int64(n))
		if _, err := svc.Drop(ctx, version(n-1)); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	all, err := svc.Databases(context.Background())
	if err != nil || len(all) != 1 || all[0].ID != version(40) {
		t.Errorf("databases = %+v, %v; want the last version alone: nobody makes one by an alias", all, err)
	}
}

func TestActionsThatAreRefused(t *testing.T) {
	_, c, _ := open(t)
	for _, in := range [][]collection.AliasAction{nil, {}, {{Do: "other", Alias: "x"}}} {
		if err := c.ChangeAliases(t.Context(), in, nil); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("ChangeAliases(%v) = %v; want ErrInvalid", in, err)
		}
	}
}

// slowRegistry takes time to read aliases, and counts how often that is done.
type slowRegistry struct {
	ports.Collections
	reads *atomic.Int64
}

func (r slowRegistry) AllAliases(ctx context.Context) ([]collection.Alias, error) {
	r.reads.Add(1)
	time.Sleep(50 * time.Millisecond)
	return r.Collections.AllAliases(ctx)
}

type slowStore struct {
	*sqlite.Store
	reads *atomic.Int64
}

func (s slowStore) Collections() ports.Collections {
	return slowRegistry{s.Store.Collections(), s.reads}
}

// TestAliasesAreReadByOne has many callers name a database whose aliases are not known.
func TestAliasesAreReadByOne(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	reads := new(atomic.Int64)
	svc, err := app.New(app.Config{Repository: slowStore{store, reads}, Flat: flat.Engine{}})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, svc)
	c := svc.Collections()
	first := create(t, c, named("docs"))
	alias(t, c, "now", "docs")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if id, err := c.Database(t.Context(), "now"); err != nil || id != "docs" {
				t.Errorf("Database = %q, %v", id, err)
			}
		})
	}
	wg.Wait()
	if n := reads.Load(); n != 1 {
		t.Errorf("aliases were read %d times; want once", n)
	}
	// What does not change aliases does not have them read again.
	create(t, c, named("other"))
	name := "renamed"
	if _, err := c.Update(t.Context(), first, collections.Update{Name: &name}); err != nil {
		t.Fatal(err)
	}
	if id, err := c.Database(t.Context(), "now"); err != nil || id != "docs" || reads.Load() != 1 {
		t.Errorf("Database = %q, %v after %d reads; want 1", id, err, reads.Load())
	}
}
