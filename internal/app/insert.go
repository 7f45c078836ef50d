package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/domain"
)

// Insert is a batch of chunks for one database, stored whole or not at all.
type Insert struct {
	Database   string          // made by the first insert, with the first embedding's dimension
	MustExist  bool            // and not made: one that does not exist is ErrNotFound
	Number     int64           // that the database has, which is not made then: another one is ErrNotFound; 0: any
	Metric     domain.Metric   // of the database if this makes it; "" is domain.DefaultMetric
	Chunks     []domain.Chunk  // their ExpiresAt is set by the insert, from TTL
	OnConflict domain.Conflict // what to do with keys that exist
}

// Insert stores a batch of chunks and returns their ids in order; where OnConflict is
// Skip and the key existed, the id of the stored chunk. When it returns, the chunks are
// durable and every search that starts afterwards sees them. On error nothing was stored.
func (s *Service) Insert(ctx context.Context, in Insert) ([]int64, error) {
	return through(ctx, s, in.Database, func(database string) ([]int64, error) {
		at := in
		at.MustExist = in.MustExist || in.Number != 0 || database != in.Database // an alias makes none
		at.Database = database
		return s.insert(ctx, at)
	})
}

func (s *Service) insert(ctx context.Context, in Insert) ([]int64, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := domain.CheckID(in.Database); err != nil {
		return nil, err
	}
	if err := s.checkShape(in.Chunks); err != nil {
		return nil, err
	}
	given := in.Chunks
	for {
		if slices.ContainsFunc(given, intake.WantsEmbedding) {
			in.Chunks = slices.Clone(given) // they get embeddings, maybe twice
		}
		ids, err := s.insertOnce(ctx, in)
		if errors.Is(err, intake.ErrOtherModel) && !slices.ContainsFunc(given, intake.HasEmbedding) {
			continue
		}
		return ids, err
	}
}

// insertOnce is Insert, or intake.ErrOtherModel if the database got another embedder after one
// had made embeddings of in.
func (s *Service) insertOnce(ctx context.Context, in Insert) ([]int64, error) {
	seen, err := s.live.Describe(ctx, in.Database)
	if errors.Is(err, domain.ErrNotFound) && !in.MustExist {
		seen = domain.Database{Settings: domain.Settings{Metric: cmp.Or(in.Metric, domain.DefaultMetric)}}
	} else if err != nil {
		return nil, err
	}
	if seen.CheckNumber(in.Number) != nil { // what is open may be a life that has just ended
		if seen, err = s.findNumber(ctx, in.Database, in.Number); err != nil {
			return nil, err
		}
	}
	settings := domain.Settings{Metric: in.Metric}
	if seen.Number == 0 {
		if err := s.embed.ChooseFor(ctx, &settings, in.Chunks); err != nil {
			return nil, err
		}
		seen.Embedder, seen.Dims = settings.Embedder, settings.Dims
	}
	if err := s.embedChunks(ctx, seen, in.Chunks); err != nil {
		return nil, err
	}
	if err := intake.CheckVectors(in.Chunks, seen.Settings); err != nil {
		return nil, err
	}
	if err := s.live.WaitForBuffer(ctx, in.Database); err != nil {
		return nil, err
	}
	now := s.now()
	batch := domain.Batch{
		Database: in.Database, Create: &settings, Put: in.Chunks, OnConflict: in.OnConflict, At: now,
		Check: func(d domain.Database) error {
			if err := d.CheckNumber(in.Number); err != nil {
				return err
			}
			intake.SetExpiry(in.Chunks, d.TTL, now)
			if err := intake.SameModel(seen.Embedder, d); err != nil {
				return err
			}
			if d.Dims == seen.Dims && d.Metric == seen.Metric && d.OptionalEmbeddings == seen.OptionalEmbeddings && d.Vectors == seen.Vectors {
				return nil // what was checked above is still so
			}
			return intake.CheckVectors(in.Chunks, d.Settings)
		},
	}
	if in.MustExist {
		batch.Create = nil
	}
	c, err := s.live.Write(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("insert into %q: %w", in.Database, err)
	}
	return c.IDs, nil
}

func (s *Service) checkShape(chunks []domain.Chunk) error { return intake.CheckShape(chunks, s.limits) }
