package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Delete removes the chunks with the given ids and returns how many there were; unknown
// ids are passed over. When it returns, the deletion is durable and no search that
// starts afterwards finds them.
func (s *Service) Delete(ctx context.Context, database string, ids []int64) (int, error) {
	leave, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := domain.CheckID(database); err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, domain.Errorf(domain.ErrInvalid, "ids cannot be empty")
	}
	if len(ids) > s.limits.Chunks {
		return 0, domain.Errorf(domain.ErrTooLarge, "%d ids in one delete, at most %d are allowed", len(ids), s.limits.Chunks)
	}
	batch := domain.Batch{Database: database, Delete: ids}
	c, err := s.repo.Write(ctx, batch, func(c domain.Commit) { s.committed(batch, c) })
	if err != nil {
		return 0, fmt.Errorf("delete from %q: %w", database, err)
	}
	return len(c.Deleted), nil
}
