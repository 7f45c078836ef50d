package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Ref names one chunk of a database: by its id, or where that is 0 by its key.
type Ref = domain.Ref

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	return through(ctx, s, database, func(database string) (domain.Chunk, error) { return s.chunk(ctx, database, ref, fields) })
}

func (s *Service) chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	if err := ref.Check(); err != nil {
		return domain.Chunk{}, err
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return domain.Chunk{}, err
	}
	return s.live.Chunk(ctx, info, ref, fields)
}

// Chunks returns the chunks that refs name with the parts named by fields, each once, in the
// order of refs; those that do not exist are left out. Chunks of more bytes than an answer may
// have are ErrTooLarge.
func (s *Service) Chunks(ctx context.Context, database string, refs []Ref, fields domain.Fields) ([]domain.Chunk, error) {
	return through(ctx, s, database, func(database string) ([]domain.Chunk, error) { return s.chunks(ctx, database, refs, fields) })
}

func (s *Service) chunks(ctx context.Context, database string, refs []Ref, fields domain.Fields) ([]domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if len(refs) > s.limits.Chunks {
		return nil, domain.Errorf(domain.ErrTooLarge, "%d chunks at once, at most %d are allowed", len(refs), s.limits.Chunks)
	}
	var byID, byKey domain.Selection
	for _, r := range refs {
		if err := r.Check(); err != nil {
			return nil, err
		}
		if r.ID != 0 {
			byID.IDs = append(byID.IDs, r.ID)
		} else {
			byKey.Keys = append(byKey.Keys, r.Key)
		}
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return nil, err
	}
	found := map[Ref]domain.Chunk{}
	left := s.limits.Answer
	for _, sel := range []domain.Selection{byID, byKey} {
		if sel.IDs == nil && sel.Keys == nil {
			continue
		}
		sel.MaxBytes = left
		chunks, err := s.live.Chunks(ctx, info, sel, fields)
		if err != nil {
			return nil, fmt.Errorf("chunks of %q: %w", database, err)
		}
		for i := range chunks {
			c := &chunks[i]
			left = max(1, left-c.Size())
			if sel.IDs != nil {
				found[Ref{ID: c.ID}] = *c
			} else {
				found[Ref{Key: c.Key}] = *c
			}
		}
	}
	return inOrder(refs, found), nil
}

// inOrder returns those of found that refs name, each once.
func inOrder(refs []Ref, found map[Ref]domain.Chunk) []domain.Chunk {
	list := make([]domain.Chunk, 0, len(found))
	seen := make(map[int64]bool, len(found))
	for _, r := range refs {
		if c, ok := found[r]; ok && !seen[c.ID] {
			seen[c.ID] = true
			list = append(list, c)
		}
	}
	return list
}
