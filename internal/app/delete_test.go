package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// paged is a repository that calls before ahead of the first page that is read.
type paged struct {
	ports.ChunkRepository
	once   sync.Once
	before func()
}

func (r *paged) Chunks(ctx context.Context, d domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	if sel.IDs == nil && sel.Keys == nil && r.before != nil {
		r.once.Do(r.before)
	}
	return r.ChunkRepository.Chunks(ctx, d, sel, f)
}

// TestDeleteOfAllPassesOverWhatIsNewer replaces a whole page of chunks while all chunks are
// deleted: the one behind them is an old one and goes.
func TestDeleteOfAllPassesOverWhatIsNewer(t *testing.T) {
	const page = 10_000 // deletePage
	repo := &paged{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
	s := newService(t, repo, 1<<30)
	chunks := make([]domain.Chunk, page+1)
	for i := range chunks {
		chunks[i] = domain.Chunk{Key: fmt.Sprint(i), Embedding: []float32{float32(i)}}
	}
	ids := insert(t, s, "a", chunks...)
	search(t, s, "a", 1, 1)
	repo.before = func() { insert(t, s, "a", chunks[:page]...) }
	if n, err := s.DeleteWhere(t.Context(), "a", nil); err != nil || n != 1 {
		t.Errorf("DeleteWhere(all) = %d, %v; want 1, for the others are newer", n, err)
	}
	if n, err := s.Count(t.Context(), "a", nil); err != nil || n != page {
		t.Errorf("Count = %d, %v; want %d", n, err, page)
	}
	if _, err := s.Chunk(t.Context(), "a", app.Ref{ID: ids[page]}, 0); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("the old chunk: %v; want ErrNotFound", err)
	}
}
