package app

import (
	"context"
	"errors"
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

// DeleteChunk removes one chunk, or returns ErrNotFound. When it returns, the deletion is
// durable and no search that starts afterwards finds the chunk.
func (s *Service) DeleteChunk(ctx context.Context, database string, ref Ref) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := ref.check(); err != nil {
		return err
	}
	for {
		info, err := s.find(ctx, database)
		if err != nil {
			return err
		}
		c, err := s.chunkOf(ctx, info, ref, 0)
		if err != nil {
			return err
		}
		// The chunk with a key may be another one meanwhile, or one of another life.
		batch := domain.Batch{Database: database, Delete: []int64{c.ID}, Check: sameLife(info)}
		done, err := s.repo.Write(ctx, batch, func(c domain.Commit) { s.committed(batch, c) })
		switch {
		case errors.Is(err, errGone) || err == nil && len(done.Deleted) == 0:
			continue
		case err != nil:
			return fmt.Errorf("delete %v of %q: %w", ref, database, err)
		}
		return nil
	}
}

// sameLife returns a check that fails with errGone where a database is not in the life
// that info describes.
func sameLife(info domain.Database) func(domain.Database) error {
	return func(now domain.Database) error {
		if !now.SameLife(info) {
			return errGone
		}
		return nil
	}
}
