package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
		if slices.ContainsFunc(given, wantsEmbedding) {
			in.Chunks = slices.Clone(given) // they get embeddings, maybe twice
		}
		ids, err := s.insertOnce(ctx, in)
		if errors.Is(err, errOtherModel) && !slices.ContainsFunc(given, hasEmbedding) {
			continue
		}
		return ids, err
	}
}

// insertOnce is Insert, or errOtherModel if the database got another embedder after one
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
		if err := s.embed.chooseFor(ctx, &settings, in.Chunks); err != nil {
			return nil, err
		}
		seen.Embedder, seen.Dims = settings.Embedder, settings.Dims
	}
	if err := s.embedChunks(ctx, seen, in.Chunks); err != nil {
		return nil, err
	}
	if err := checkVectors(in.Chunks, seen.Settings); err != nil {
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
			setExpiry(in.Chunks, d.TTL, now)
			if err := sameModel(seen.Embedder, d); err != nil {
				return err
			}
			if d.Dims == seen.Dims && d.Metric == seen.Metric && d.OptionalEmbeddings == seen.OptionalEmbeddings && d.Vectors == seen.Vectors {
				return nil // what was checked above is still so
			}
			return checkVectors(in.Chunks, d.Settings)
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

// checkShape refuses what is wrong with a batch whatever its database.
func (s *Service) checkShape(chunks []domain.Chunk) error {
	if len(chunks) == 0 {
		return domain.Errorf(domain.ErrInvalid, "Chunks array cannot be empty")
	}
	if len(chunks) > s.limits.Chunks {
		return domain.Errorf(domain.ErrTooLarge, "%d chunks in one insert, at most %d are allowed", len(chunks), s.limits.Chunks)
	}
	keys := map[string]int{}
	for i := range chunks {
		c := &chunks[i]
		if len(c.Embedding) > s.limits.Dims {
			return domain.At(domain.Errorf(domain.ErrTooLarge, "embedding has %d dimensions, at most %d are allowed", len(c.Embedding), s.limits.Dims), chunkPlace(i))
		}
		if err := domain.CheckTTL(c.TTL); err != nil {
			return domain.At(err, chunkPlace(i))
		}
		if err := domain.CheckKey(c.Key); err != nil {
			return domain.At(err, chunkPlace(i))
		}
		if err := errors.Join(c.CheckWords(), c.Sparse.Check()); err != nil {
			return domain.At(err, chunkPlace(i))
		}
		if c.Key == "" {
			continue
		}
		if j, twice := keys[c.Key]; twice {
			return domain.At(domain.Errorf(domain.ErrInvalid, "key is the same as that of chunks[%d]", j), chunkPlace(i))
		}
		keys[c.Key] = i
	}
	return nil
}

// checkVectors refuses embeddings that do not fit the dimension and metric of set, and that
// there is none where it needs one; with the dimension still open, the first embedding decides.
func checkVectors(chunks []domain.Chunk, set domain.Settings) error {
	dims := set.Dims
	for i := range chunks {
		if err := set.CheckVectors(chunks[i].Vectors); err != nil {
			return domain.At(err, chunkPlace(i))
		}
		v := chunks[i].Embedding
		if len(v) == 0 && set.OptionalEmbeddings {
			continue
		}
		if len(v) == 0 {
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty"), chunkPlace(i))
		}
		dims = cmp.Or(dims, len(v))
		if len(v) != dims {
			return domain.At(domain.DimensionMismatch(dims, len(v)), chunkPlace(i))
		}
		if err := set.CheckEmbedding(v); err != nil {
			return domain.At(err, chunkPlace(i))
		}
	}
	return nil
}

func chunkPlace(i int) string { return fmt.Sprintf("chunks[%d]", i) }

// setExpiry gives every chunk that is to live for a time its time of expiry: its own, or
// else that of its database.
func setExpiry(chunks []domain.Chunk, ttl time.Duration, now time.Time) {
	for i := range chunks {
		c := &chunks[i]
		switch {
		case c.TTL > 0:
			c.ExpiresAt = now.Add(c.TTL)
		case ttl > 0:
			c.ExpiresAt = now.Add(ttl)
		default:
			c.ExpiresAt = time.Time{}
		}
	}
}
