package live

import (
	"context"
	"fmt"
	"math"

	"github.com/memista/memista/internal/domain"
)

// Find describes database id from the rows, without opening it.
func (r *Registry) Find(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return r.repo.Find(ctx, id)
}

// FindLive is find, but Chunks does not count what has expired and is not swept yet.
func (r *Registry) FindLive(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return r.repo.FindLive(ctx, id, r.now())
}

// Chunk returns one chunk of info.
func (r *Registry) Chunk(ctx context.Context, info domain.Database, ref domain.Ref, fields domain.Fields) (domain.Chunk, error) {
	chunks, err := r.Chunks(ctx, info, ref.Selection(), fields)
	if err != nil {
		return domain.Chunk{}, fmt.Errorf("%v of %q: %w", ref, info.ID, err)
	}
	if len(chunks) == 0 {
		return domain.Chunk{}, ref.NotFound()
	}
	return chunks[0], nil
}

// Chunks reads the chunks of info that sel names and that have not expired.
func (r *Registry) Chunks(ctx context.Context, info domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	sel.At = r.now()
	return r.repo.Chunks(ctx, info, sel, fields)
}

// Describe returns what is known of database id. It opens the database, so that its
// index is there, or on the way, when the first search comes.
func (r *Registry) Describe(ctx context.Context, id string) (info domain.Database, err error) {
	err = r.With(ctx, id, func(db *Database) error {
		info, err = db.described(ctx)
		return err
	})
	return info, err
}

// WaitForRows returns when the index of db has every change that is in the rows now, or
// with an error when db was dropped.
func (r *Registry) WaitForRows(ctx context.Context, db *Database) error {
	now, err := r.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	if !now.SameLife(*db.info.Load()) {
		// The name has a new life in the rows; the news that ours has ended is on the way.
		return db.waitSequence(ctx, math.MaxInt64)
	}
	return db.waitSequence(ctx, now.Sequence)
}
