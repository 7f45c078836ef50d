package intake

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
)

// CheckShape refuses what is wrong with a batch whatever its database.
func CheckShape(chunks []domain.Chunk, limits domain.Limits) error {
	if len(chunks) == 0 {
		return domain.Errorf(domain.ErrInvalid, "Chunks array cannot be empty")
	}
	if len(chunks) > limits.Chunks {
		return domain.Errorf(domain.ErrTooLarge, "%d chunks in one insert, at most %d are allowed", len(chunks), limits.Chunks)
	}
	keys := map[string]int{}
	for i := range chunks {
		c := &chunks[i]
		if len(c.Embedding) > limits.Dims {
			return domain.At(domain.Errorf(domain.ErrTooLarge, "embedding has %d dimensions, at most %d are allowed", len(c.Embedding), limits.Dims), Place(i))
		}
		if err := domain.CheckTTL(c.TTL); err != nil {
			return domain.At(err, Place(i))
		}
		if err := domain.CheckKey(c.Key); err != nil {
			return domain.At(err, Place(i))
		}
		if err := errors.Join(c.CheckWords(), c.Sparse.Check()); err != nil {
			return domain.At(err, Place(i))
		}
		if c.Key == "" {
			continue
		}
		if j, twice := keys[c.Key]; twice {
			return domain.At(domain.Errorf(domain.ErrInvalid, "key is the same as that of chunks[%d]", j), Place(i))
		}
		keys[c.Key] = i
	}
	return nil
}

// CheckVectors refuses embeddings that do not fit the dimension and metric of set, and that
// there is none where it needs one; with the dimension still open, the first embedding decides.
func CheckVectors(chunks []domain.Chunk, set domain.Settings) error {
	dims := set.Dims
	for i := range chunks {
		if err := set.CheckVectors(chunks[i].Vectors); err != nil {
			return domain.At(err, Place(i))
		}
		v := chunks[i].Embedding
		if len(v) == 0 && set.OptionalEmbeddings {
			continue
		}
		if len(v) == 0 {
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty"), Place(i))
		}
		dims = cmp.Or(dims, len(v))
		if len(v) != dims {
			return domain.At(domain.DimensionMismatch(dims, len(v)), Place(i))
		}
		if err := set.CheckEmbedding(v); err != nil {
			return domain.At(err, Place(i))
		}
	}
	return nil
}

// Place names chunk i of a batch in messages.
func Place(i int) string { return fmt.Sprintf("chunks[%d]", i) }

// SetExpiry gives every chunk that is to live for a time its time of expiry: its own, or
// else that of its database.
func SetExpiry(chunks []domain.Chunk, ttl time.Duration, now time.Time) {
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
