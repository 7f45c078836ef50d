package app_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/repotest"
)

func TestAnswersAreBounded(t *testing.T) {
	const most = 10_000
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(t.TempDir(), "memista.db")), Flat: flat.Engine{}, Limits: app.Limits{Answer: most},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	chunks := make([]domain.Chunk, 30)
	for i := range chunks {
		chunks[i] = domain.Chunk{Text: strings.Repeat("x", 492), Embedding: []float32{float32(i), 1}} // 500 bytes
	}
	insert(t, s, "a", chunks...)
	search := func(queries, k int, fields domain.Fields) (int, error) {
		in := app.Search{Database: "a", Fields: fields, Queries: make([]app.Query, queries)}
		for i := range in.Queries {
			in.Queries[i] = app.Query{Embedding: []float32{1, 1}, K: k}
		}
		found, err := s.Search(t.Context(), in)
		n := 0
		for _, hits := range found.Hits {
			n += len(hits)
		}
		return n, err
	}
	all := domain.FieldText | domain.FieldEmbedding
	for name, c := range map[string]struct {
		queries, k int
		fields     domain.Fields
		fits       bool
	}{
		"as much as may be":                {1, 20, all, true},
		"one more":                         {1, 21, all, false},
		"the same hits of several queries": {2, 10, all, true},
		"and one more of each":             {2, 11, all, false},
		"without texts":                    {10, 30, domain.FieldEmbedding, true},
		"ids only":                         {30, 30, 0, true},
	} {
		n, err := search(c.queries, c.k, c.fields)
		if c.fits && (err != nil || n != c.queries*c.k) || !c.fits && !errors.Is(err, domain.ErrTooLarge) {
			t.Errorf("%s: Search(%d queries, k %d) = %d hits, %v; want them all: %v", name, c.queries, c.k, n, err, c.fits)
		}
	}
	filter, err := filterlang.Parse([]byte(`{"$id":{"$gt":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*filterlang.Filter{nil, &filter} {
		if page, err := s.List(t.Context(), app.List{Database: "a", Limit: 20, Fields: all, Filter: f}); err != nil || len(page.Chunks) != 20 || page.Next == 0 {
			t.Errorf("List of 20 = %d chunks, %v", len(page.Chunks), err)
		}
		if _, err := s.List(t.Context(), app.List{Database: "a", Limit: 21, Fields: all, Filter: f}); !errors.Is(err, domain.ErrTooLarge) {
			t.Errorf("List of 21 = %v; want ErrTooLarge", err)
		}
	}
	if _, err := s.Chunk(t.Context(), "a", app.Ref{ID: 1}, all); err != nil {
		t.Errorf("Chunk = %v", err)
	}
}

// largestRead is a repository in memory that notes how many bytes of chunks were read at once
// that the reader named: an index that is filled meanwhile names none.
type largestRead struct {
	*repotest.Memory
	bytes int64
}

func (r *largestRead) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	chunks, err := r.Memory.Chunks(ctx, db, sel, f)
	if len(sel.IDs) == 0 {
		return chunks, err
	}
	size := int64(0)
	for i := range chunks {
		size += chunks[i].Size()
	}
	r.bytes = max(r.bytes, size)
	return chunks, err
}

func TestPatchWhereReadsNoMoreThanAnAnswerAtOnce(t *testing.T) {
	const most = 10_000
	repo := &largestRead{Memory: repotest.NewMemory()}
	s, err := app.New(app.Config{Repository: repo, Flat: flat.Engine{}, Limits: app.Limits{Answer: most}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	chunks := make([]domain.Chunk, 100)
	for i := range chunks {
		chunks[i] = chunk(strings.Repeat("x", 492), float32(i), 1)
	}
	ids := insert(t, s, "a", chunks...)
	repo.bytes = 0
	if n, err := s.PatchWhere(t.Context(), "a", nil, app.Patch{Metadata: metadata(t, `{"a":1}`)}); err != nil || n != 100 {
		t.Fatalf("PatchWhere = %d, %v; want 100", n, err)
	}
	if repo.bytes == 0 || repo.bytes > most {
		t.Errorf("%d bytes were read at once; want at most %d", repo.bytes, most)
	}
	for _, id := range ids {
		if c, err := s.Chunk(t.Context(), "a", app.Ref{ID: id}, domain.DefaultFields); err != nil || c.Metadata.Text != `{"a":1}` || len(c.Text) != 492 {
			t.Errorf("chunk %d = %+v, %v", id, c, err)
		}
	}
	insert(t, s, "a", chunk(strings.Repeat("x", 2*most), 1, 1))
	if n, err := s.PatchWhere(t.Context(), "a", nil, app.Patch{Metadata: metadata(t, `{"a":2}`)}); err != nil || n != 101 {
		t.Errorf("PatchWhere with a chunk that is larger = %d, %v; want 101", n, err)
	}
}
