package app

import (
	"context"
	"fmt"
	"math"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// find describes database id from the rows, without opening it.
func (s *Service) find(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return s.repo.Find(ctx, id)
}

// findLive is find, but Chunks does not count what has expired and is not swept yet.
func (s *Service) findLive(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return ports.FindLive(ctx, s.repo, id, s.now())
}

// chunkOf returns one chunk of info.
func (s *Service) chunkOf(ctx context.Context, info domain.Database, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	chunks, err := s.readChunks(ctx, info, ref.Selection(), fields)
	if err != nil {
		return domain.Chunk{}, fmt.Errorf("%v of %q: %w", ref, info.ID, err)
	}
	if len(chunks) == 0 {
		return domain.Chunk{}, ref.NotFound()
	}
	return chunks[0], nil
}

// readChunks reads the chunks of info that sel names and that have not expired.
func (s *Service) readChunks(ctx context.Context, info domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	sel.At = s.now()
	return s.repo.Chunks(ctx, info, sel, fields)
}

// describe returns what is known of database id. It opens the database, so that its
// index is there, or on the way, when the first search comes.
func (s *Service) describe(ctx context.Context, id string) (info domain.Database, err error) {
	err = s.with(ctx, id, func(db *database) error {
		info, err = db.described(ctx)
		return err
	})
	return info, err
}

// waitForRows returns when the projection of db has every change that is in the rows now, or
// with an error when db was dropped.
func (s *Service) waitForRows(ctx context.Context, db *database) error {
	now, err := s.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	if !now.SameLife(*db.info.Load()) {
		// The name has a new life in the rows; the news that ours has ended is on the way.
		return db.waitSequence(ctx, math.MaxInt64)
	}
	return db.waitSequence(ctx, now.Sequence)
}
