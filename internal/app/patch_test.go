package app_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// betweenReadAndWrite is a repository in memory that runs something of the test's after
// the next read of chunks.
type betweenReadAndWrite struct {
	*repotest.Memory
	then atomic.Pointer[func()]
}

func (r *betweenReadAndWrite) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	chunks, err := r.Memory.Chunks(ctx, db, sel, f)
	if then := r.then.Swap(nil); then != nil {
		(*then)()
	}
	return chunks, err
}

var _ ports.ChunkRepository = (*betweenReadAndWrite)(nil)

func metadata(t *testing.T, text string) *domain.Metadata {
	t.Helper()
	m, err := domain.MetadataObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

func TestPatchKeepsTheRest(t *testing.T) {
	s := open(t)
	first := chunk("one", 1, 2)
	first.Key, first.Metadata = "k", *metadata(t, `{"a":1}`)
	insert(t, s, "d", first)
	all := domain.DefaultFields | domain.FieldEmbedding
	text := "new"
	for _, step := range []struct {
		ref   app.Ref
		patch app.Patch
		do    func(*domain.Chunk)
	}{
		{app.Ref{ID: 1}, app.Patch{Text: &text}, func(c *domain.Chunk) { c.Text = "new" }},
		{app.Ref{Key: "k"}, app.Patch{Metadata: metadata(t, `{"b":2}`)}, func(c *domain.Chunk) { c.Metadata.Text = `{"a":1,"b":2}` }},
		{app.Ref{Key: "k"}, app.Patch{Embedding: []float32{3, 4}}, func(c *domain.Chunk) { c.Embedding = []float32{3, 4} }},
	} {
		want, err := s.Chunk(t.Context(), "d", app.Ref{ID: 1}, all)
		if err != nil {
			t.Fatal(err)
		}
		step.do(&want)
		want.Sequence++
		got, err := s.Patch(t.Context(), "d", step.ref, step.patch)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Patch of %v: %v (-want +got):\n%s", step.ref, err, diff)
		}
		stored, err := s.Chunk(t.Context(), "d", step.ref, all)
		if diff := cmp.Diff(want, stored); err != nil || diff != "" {
			t.Errorf("Chunk after Patch of %v: %v (-want +got):\n%s", step.ref, err, diff)
		}
	}
	if hits := search(t, s, "d", 1, 1, 0); len(hits) != 1 || hits[0].Score != 3 {
		t.Errorf("Search after Patch = %+v; want the score of the new embedding", hits)
	}
}

// What happens to a chunk after a Patch has read it is not lost, and not undone.
func TestPatchSeesWhatCameBetween(t *testing.T) {
	patch := func(t *testing.T, ref app.Ref, between func(s *app.Service) error) (domain.Chunk, error) {
		t.Helper()
		repo := &betweenReadAndWrite{Memory: repotest.NewMemory()}
		s := newService(t, repo, 1<<30)
		first := chunk("one", 1, 2)
		first.Key = "k"
		insert(t, s, "d", first)
		then := func() {
			if err := between(s); err != nil {
				t.Error(err)
			}
		}
		repo.then.Store(&then)
		return s.Patch(t.Context(), "d", ref, app.Patch{Metadata: metadata(t, `{"b":2}`)})
	}
	key, id := app.Ref{Key: "k"}, app.Ref{ID: 1}
	replace := func(s *app.Service) error {
		c := chunk("two", 3, 4)
		c.Key, c.Metadata = "k", domain.Metadata{Form: domain.ObjectMetadata, Text: `{"a":1}`}
		_, err := s.Insert(context.Background(), app.Insert{Metric: domain.InnerProduct, Database: "d", Chunks: []domain.Chunk{c}})
		return err
	}
	remove := func(s *app.Service) error { return s.DeleteChunk(context.Background(), "d", key) }
	drop := func(s *app.Service) error {
		_, err := s.Drop(context.Background(), "d")
		return err
	}
	t.Run("replaced", func(t *testing.T) {
		c, err := patch(t, id, replace)
		if err != nil || c.Text != "two" || c.Metadata.Text != `{"a":1,"b":2}` {
			t.Errorf("Patch = %+v, %v; want what was stored between, patched", c, err)
		}
	})
	t.Run("deleted", func(t *testing.T) {
		if c, err := patch(t, id, remove); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Patch = %+v, %v; want ErrNotFound", c, err)
		}
	})
	t.Run("deleted and stored again under its key", func(t *testing.T) {
		again := func(s *app.Service) error { return errors.Join(remove(s), replace(s)) }
		if c, err := patch(t, key, again); err != nil || c.ID != 2 || c.Text != "two" {
			t.Errorf("Patch by key = %+v, %v; want the new chunk, patched", c, err)
		}
		if c, err := patch(t, id, again); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Patch by id = %+v, %v; want ErrNotFound", c, err)
		}
	})
	t.Run("dropped and made again", func(t *testing.T) {
		c, err := patch(t, id, func(s *app.Service) error { return errors.Join(drop(s), replace(s)) })
		if err != nil || c.Text != "two" || c.Metadata.Text != `{"a":1,"b":2}` {
			t.Errorf("Patch = %+v, %v; want the chunk of the new life, patched", c, err)
		}
	})
	t.Run("dropped", func(t *testing.T) {
		if c, err := patch(t, id, drop); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Patch = %+v, %v; want ErrNotFound", c, err)
		}
	})
}

func TestDeleteChunkByKeyFollowsTheKey(t *testing.T) {
	repo := &betweenReadAndWrite{Memory: repotest.NewMemory()}
	s := newService(t, repo, 1<<30)
	keyed := chunk("one", 1)
	keyed.Key = "k"
	insert(t, s, "d", keyed)
	then := func() {
		if err := s.DeleteChunk(context.Background(), "d", app.Ref{ID: 1}); err != nil {
			t.Error(err)
		}
		insert(t, s, "d", keyed)
	}
	repo.then.Store(&then)
	if err := s.DeleteChunk(t.Context(), "d", app.Ref{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Chunk(t.Context(), "d", app.Ref{Key: "k"}, 0); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Chunk after DeleteChunk = %+v, %v; want ErrNotFound", c, err)
	}
}

// Inserts that replace the chunk come between the patches; whoever was last, every patch
// that came after the last insert is there, and the insert's own field.
func TestPatchesBesideInserts(t *testing.T) {
	s := open(t)
	keyed := func(i int) domain.Chunk {
		c := chunk("x", 1)
		c.Key, c.Metadata = "k", domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"base":%d}`, i)}
		return c
	}
	insert(t, s, "d", keyed(0))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 10 {
				m := &domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"p%d":%d}`, i, j)}
				if _, err := s.Patch(context.Background(), "d", app.Ref{Key: "k"}, app.Patch{Metadata: m}); err != nil {
					t.Errorf("Patch: %v", err)
				}
			}
		})
	}
	for i := range 10 {
		if _, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "d", Chunks: []domain.Chunk{keyed(i)}}); err != nil {
			t.Errorf("Insert: %v", err)
		}
	}
	wg.Wait()
	last, err := s.Patch(t.Context(), "d", app.Ref{Key: "k"}, app.Patch{Metadata: metadata(t, `{"p0":null,"p1":null,"p2":null,"p3":null}`)})
	if err != nil || last.Metadata.Text != `{"base":9}` || last.Sequence != 1+4*10+10+1 {
		t.Errorf("the last Patch = %+v, %v; want the last insert's field, and every change counted", last, err)
	}
}

// What changes between reading and writing a page is looked at again.
func TestPatchWhereSeesWhatCameBetween(t *testing.T) {
	r := &betweenReadAndWrite{Memory: repotest.NewMemory()}
	s := newService(t, r, 1<<30)
	chunks := make([]domain.Chunk, 600)
	for i := range chunks {
		chunks[i] = chunk("x", float32(i), 1)
		chunks[i].Metadata = *metadata(t, `{"a":1}`)
	}
	ids := insert(t, s, "d", chunks...)
	f, err := filterlang.Parse([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	then := func() {
		if _, err := s.Patch(t.Context(), "d", app.Ref{ID: ids[3]}, app.Patch{Metadata: metadata(t, `{"a":2}`)}); err != nil {
			t.Error(err)
		}
		if _, err := s.Patch(t.Context(), "d", app.Ref{ID: ids[4]}, app.Patch{Metadata: metadata(t, `{"b":"kept"}`)}); err != nil {
			t.Error(err)
		}
		if n, err := s.Delete(t.Context(), "d", []int64{ids[5], ids[500]}); err != nil || n != 2 {
			t.Error(n, err)
		}
	}
	if _, err := s.Count(t.Context(), "d", &f); err != nil { // so that the next read is of the page
		t.Fatal(err)
	}
	r.then.Store(&then)
	n, err := s.PatchWhere(t.Context(), "d", &f, app.Patch{Metadata: metadata(t, `{"c":3}`)})
	if err != nil || n != 597 {
		t.Fatalf("PatchWhere = %d, %v; want 597: of 600 one was changed and two deleted", n, err)
	}
	for id, want := range map[int64]string{ids[2]: `{"a":1,"c":3}`, ids[3]: `{"a":2}`, ids[4]: `{"a":1,"b":"kept","c":3}`, ids[599]: `{"a":1,"c":3}`} {
		if c, err := s.Chunk(t.Context(), "d", app.Ref{ID: id}, domain.DefaultFields); err != nil || c.Metadata.Text != want {
			t.Errorf("chunk %d = %s, %v; want %s", id, c.Metadata.Text, err, want)
		}
	}
	if hits := search(t, s, "d", 3, 599, 1); len(hits) != 3 {
		t.Errorf("search after PatchWhere finds %v", hits)
	}
}

// movedAtTheEnd is a repository in memory whose writes end a context, and come too late.
type movedAtTheEnd struct {
	*repotest.Memory
	end func()
}

func (r *movedAtTheEnd) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	if r.end == nil {
		return r.Memory.Write(ctx, b, applied)
	}
	r.end()
	return domain.Commit{}, domain.ErrConflict
}

func TestPatchWhereEndsWithItsContext(t *testing.T) {
	r := &movedAtTheEnd{Memory: repotest.NewMemory()}
	s := newService(t, r, 1<<30)
	insert(t, s, "d", chunk("x", 1, 1), chunk("y", 2, 1))
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	if n, err := s.PatchWhere(ctx, "d", nil, app.Patch{Metadata: metadata(t, `{"c":3}`)}); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("PatchWhere = %d, %v; want Canceled", n, err)
	}
}
