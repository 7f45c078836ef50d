package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Ref names one chunk of a database: by its id, or where that is 0 by its key.
type Ref = domain.Ref

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	return through(ctx, s, database, func(database string) (domain.Chunk, error) { return s.chunk(ctx, database, ref, fields) })
}

func (s *Service) chunk(ctx context.Context, database string, ref Ref, fields domain.Fields) (domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	if err := ref.Check(); err != nil {
		return domain.Chunk{}, err
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return domain.Chunk{}, err
	}
	return s.live.Chunk(ctx, info, ref, fields)
}

// findNumber describes a database, which is ErrNotFound if it has another number than the one
// given; 0 is any.
func (s *Service) findNumber(ctx context.Context, database string, number int64) (domain.Database, error) {
	info, err := s.live.Find(ctx, database)
	if err == nil {
		err = info.CheckNumber(number)
	}
	return info, err
}

// Chunks returns the chunks that refs name with the parts named by fields, each once, in the
// order of refs; those that do not exist are left out. Chunks of more bytes than an answer may
// have are ErrTooLarge.
func (s *Service) Chunks(ctx context.Context, database string, refs []Ref, fields domain.Fields) ([]domain.Chunk, error) {
	return s.Fetch(ctx, Fetch{Database: database, Refs: refs, Fields: fields})
}

// Fetch asks for the chunks that Refs name.
type Fetch struct {
	Database string
	Number   int64 // that the database has: another one is ErrNotFound; 0: any
	Refs     []Ref
	Fields   domain.Fields
}

// Fetch returns what Chunks does.
func (s *Service) Fetch(ctx context.Context, in Fetch) ([]domain.Chunk, error) {
	return through(ctx, s, in.Database, func(database string) ([]domain.Chunk, error) {
		at := in
		at.Database = database
		return s.fetch(ctx, at)
	})
}

func (s *Service) fetch(ctx context.Context, in Fetch) ([]domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if len(in.Refs) > s.limits.Chunks {
		return nil, domain.Errorf(domain.ErrTooLarge, "%d chunks at once, at most %d are allowed", len(in.Refs), s.limits.Chunks)
	}
	var byID, byKey domain.Selection
	for _, r := range in.Refs {
		if err := r.Check(); err != nil {
			return nil, err
		}
		if r.ID != 0 {
			byID.IDs = append(byID.IDs, r.ID)
		} else {
			byKey.Keys = append(byKey.Keys, r.Key)
		}
	}
	info, err := s.findNumber(ctx, in.Database, in.Number)
	if err != nil {
		return nil, err
	}
	found := map[Ref]domain.Chunk{}
	left := s.limits.Answer
	for _, sel := range []domain.Selection{byID, byKey} {
		if sel.IDs == nil && sel.Keys == nil {
			continue
		}
		sel.MaxBytes = left
		chunks, err := s.live.Chunks(ctx, info, sel, in.Fields)
		if err != nil {
			return nil, fmt.Errorf("chunks of %q: %w", in.Database, err)
		}
		for i := range chunks {
			c := &chunks[i]
			left = max(1, left-c.Size())
			if sel.IDs != nil {
				found[Ref{ID: c.ID}] = *c
			} else {
				found[Ref{Key: c.Key}] = *c
			}
		}
	}
	return inOrder(in.Refs, found), nil
}

// inOrder returns those of found that refs name, each once.
func inOrder(refs []Ref, found map[Ref]domain.Chunk) []domain.Chunk {
	list := make([]domain.Chunk, 0, len(found))
	seen := make(map[int64]bool, len(found))
	for _, r := range refs {
		if c, ok := found[r]; ok && !seen[c.ID] {
			seen[c.ID] = true
			list = append(list, c)
		}
	}
	return list
}
