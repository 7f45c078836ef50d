package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, id int64, fields domain.Fields) (domain.Chunk, error) {
	leave, err := s.enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	info, err := s.find(ctx, database)
	if err != nil {
		return domain.Chunk{}, err
	}
	chunks, err := s.repo.Chunks(ctx, info, domain.Selection{IDs: []int64{id}}, fields)
	if err != nil {
		return domain.Chunk{}, fmt.Errorf("chunk %d of %q: %w", id, database, err)
	}
	if len(chunks) == 0 {
		return domain.Chunk{}, domain.ChunkNotFound(id)
	}
	return chunks[0], nil
}

// find describes database id from the rows, without opening it.
func (s *Service) find(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return s.repo.Find(ctx, id)
}
