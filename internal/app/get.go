package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Ref names one chunk of a database: by its id, or where that is 0 by its key.
type Ref struct {
	ID  int64
	Key string
}

func (r Ref) String() string {
	if r.ID != 0 {
		return fmt.Sprintf("chunk %d", r.ID)
	}
	return fmt.Sprintf("key %q", r.Key)
}

// check refuses what can name no chunk.
func (r Ref) check() error {
	switch {
	case r.ID < 0 || r.ID > 0 && r.Key != "":
		return domain.Errorf(domain.ErrInvalid, "a chunk is named by an id from 1 on, or by a key")
	case r.ID == 0 && r.Key == "":
		return domain.Errorf(domain.ErrInvalid, "key cannot be empty")
	}
	return domain.CheckKey(r.Key)
}

func (r Ref) notFound() error {
	if r.ID != 0 {
		return domain.ChunkNotFound(r.ID)
	}
	return domain.KeyNotFound(r.Key)
}

func (r Ref) selection() domain.Selection {
	if r.ID != 0 {
		return domain.Selection{IDs: []int64{r.ID}}
	}
	return domain.Selection{Keys: []string{r.Key}}
}

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	leave, err := s.enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	if err := ref.check(); err != nil {
		return domain.Chunk{}, err
	}
	info, err := s.find(ctx, database)
	if err != nil {
		return domain.Chunk{}, err
	}
	return s.chunkOf(ctx, info, ref, fields)
}

// chunkOf returns one chunk of info.
func (s *Service) chunkOf(ctx context.Context, info domain.Database, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	chunks, err := s.live(ctx, info, ref.selection(), fields)
	if err != nil {
		return domain.Chunk{}, fmt.Errorf("%v of %q: %w", ref, info.ID, err)
	}
	if len(chunks) == 0 {
		return domain.Chunk{}, ref.notFound()
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

// findLive is find, but Chunks does not count what has expired and is not swept yet.
func (s *Service) findLive(ctx context.Context, id string) (domain.Database, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, err
	}
	return ports.FindLive(ctx, s.repo, id, s.now())
}
