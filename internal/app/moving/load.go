package moving

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Load makes a database what another one is.
type Load struct {
	Database string // which must exist
	// Chunks are stored under their ids, in place of those that are there. Their ExpiresAt
	// stays what it is. A chunk that is in the way of a key is deleted.
	Chunks []domain.Chunk
	Delete []int64 // before Chunks
	// DeleteKeys are those of chunks that are deleted before Chunks. Who names chunks by their
	// keys, and not by the ids they had, needs them; here Delete says all.
	DeleteKeys []string
	NextID     int64 // above all ids that the other one ever had; 0: not known
}

// Loaded is what has come of a Load.
type Loaded struct {
	Stored, Deleted int
}

// Load stores chunks as they are elsewhere, all or none: ids, keys and times of expiry stay,
// and no embedding is made. What it did twice it did once.
func (m *Mover) Load(ctx context.Context, in Load) (Loaded, error) {
	leave, err := m.c.Live.Enter()
	if err != nil {
		return Loaded{}, err
	}
	defer leave()
	if err := m.checkLoad(&in); err != nil {
		return Loaded{}, err
	}
	seen, err := m.c.Live.Describe(ctx, in.Database)
	if err != nil {
		return Loaded{}, err
	}
	if err := m.c.CheckVectors(in.Chunks, seen.Settings); err != nil {
		return Loaded{}, err
	}
	if err := m.c.Live.WaitForBuffer(ctx, in.Database); err != nil {
		return Loaded{}, err
	}
	c, err := m.c.Live.Write(ctx, domain.Batch{
		Database: in.Database, Put: in.Chunks, Delete: in.Delete, Load: &domain.Load{NextID: in.NextID},
		Check: func(d domain.Database) error {
			if d.Dims == seen.Dims && d.Metric == seen.Metric && d.OptionalEmbeddings == seen.OptionalEmbeddings {
				return nil
			}
			return m.c.CheckVectors(in.Chunks, d.Settings)
		},
	})
	if err != nil {
		return Loaded{}, fmt.Errorf("load into %q: %w", in.Database, err)
	}
	return Loaded{Stored: len(c.IDs), Deleted: len(c.Deleted)}, nil
}

// checkLoad refuses what is wrong with in whatever its database.
func (m *Mover) checkLoad(in *Load) error {
	if err := domain.CheckID(in.Database); err != nil {
		return err
	}
	if err := in.Check(m.c.Limits); err != nil || len(in.Chunks) == 0 {
		return err
	}
	if err := m.c.Check(in.Chunks); err != nil {
		return err
	}
	return CheckIDs(in.Chunks)
}

// Check refuses what is wrong with in besides its chunks.
func (in *Load) Check(l domain.Limits) error {
	switch {
	case max(len(in.Delete), len(in.DeleteKeys)) > l.Chunks:
		return domain.Errorf(domain.ErrTooLarge, "%d ids and %d keys in one load, at most %d are allowed", len(in.Delete), len(in.DeleteKeys), l.Chunks)
	case in.NextID < 0:
		return domain.Errorf(domain.ErrInvalid, "next_id must be at least 1, got %d", in.NextID)
	case len(in.Chunks)+len(in.Delete)+len(in.DeleteKeys) == 0 && in.NextID == 0:
		return domain.Errorf(domain.ErrInvalid, "there is nothing to load: chunks and delete are empty")
	}
	for _, key := range in.DeleteKeys {
		if err := domain.CheckKey(key); err != nil {
			return err
		}
	}
	return nil
}

// CheckIDs refuses chunks of a load without an id, or two with the same.
func CheckIDs(chunks []domain.Chunk) error {
	ids := make(map[int64]int, len(chunks))
	for i := range chunks {
		place := fmt.Sprintf("chunks[%d]", i)
		id := chunks[i].ID
		if id < 1 {
			return domain.At(domain.Errorf(domain.ErrInvalid, "chunk_id must be at least 1, got %d", id), place)
		}
		if j, twice := ids[id]; twice {
			return domain.At(domain.Errorf(domain.ErrInvalid, "chunk_id is the same as that of chunks[%d]", j), place)
		}
		ids[id] = i
	}
	return nil
}
