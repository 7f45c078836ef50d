package app

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// Ref names one chunk of a database: by its id, or where that is 0 by its key.
type Ref = domain.Ref

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
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
