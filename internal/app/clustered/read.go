package clustered

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Chunk returns one chunk of a database with the parts named by fields, or ErrNotFound.
func (s *Service) Chunk(ctx context.Context, database string, ref app.Ref, fields domain.Fields) (domain.Chunk, error) {
	if err := ref.Check(); err != nil {
		return domain.Chunk{}, err
	}
	return on(ctx, s, database, 0, func(e *catalog.Entry) (domain.Chunk, error) {
		list, err := s.get(ctx, e, []app.Ref{ref}, fields)
		switch {
		case err != nil:
			return domain.Chunk{}, err
		case len(list) == 0:
			return domain.Chunk{}, ref.NotFound()
		}
		return list[0], nil
	})
}

// get returns the chunks that refs name and that have not expired, in their order.
func (s *Service) get(ctx context.Context, e *catalog.Entry, refs []app.Ref, fields domain.Fields) ([]domain.Chunk, error) {
	list, err := s.cluster.Get(ctx, e.Room, refs, fields)
	if err != nil {
		return nil, err
	}
	now, kept := s.now(), list[:0]
	for i := range list {
		if !list[i].Expired(now) {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

// Chunks returns the chunks that refs name; see app.Service.
func (s *Service) Chunks(ctx context.Context, database string, refs []app.Ref, fields domain.Fields) ([]domain.Chunk, error) {
	return s.Fetch(ctx, app.Fetch{Database: database, Refs: refs, Fields: fields})
}

// Fetch returns what Chunks does.
func (s *Service) Fetch(ctx context.Context, in app.Fetch) ([]domain.Chunk, error) {
	if len(in.Refs) > s.limits.Chunks {
		return nil, domain.Errorf(domain.ErrTooLarge, "%d chunks at once, at most %d are allowed", len(in.Refs), s.limits.Chunks)
	}
	for _, r := range in.Refs {
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	return on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) ([]domain.Chunk, error) {
		found, err := s.get(ctx, e, in.Refs, in.Fields)
		if err != nil {
			return nil, fmt.Errorf("chunks of %q: %w", in.Database, err)
		}
		list, seen, size := found[:0], make(map[int64]bool, len(found)), int64(0)
		for i := range found {
			if seen[found[i].ID] {
				continue
			}
			seen[found[i].ID] = true
			if size += found[i].Size(); size > s.limits.Answer {
				return nil, domain.AnswerTooLarge(s.limits.Answer)
			}
			list = append(list, found[i])
		}
		return list, nil
	})
}

// countAll returns how many chunks a database has.
func (s *Service) countAll(ctx context.Context, e *catalog.Entry) (int64, error) {
	n, _, err := s.cluster.Count(ctx, e.Room, nil, s.now().UnixMicro())
	return n, err
}

// Count returns how many chunks of a database a filter selects; of all with nil.
func (s *Service) Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error) {
	if err := s.query.CheckFilter(f); err != nil {
		return 0, err
	}
	return on(ctx, s, database, 0, func(e *catalog.Entry) (n int64, err error) {
		n, exact, err := s.cluster.Count(ctx, e.Room, f, s.now().UnixMicro())
		if err != nil || exact {
			return n, err
		}
		n = 0
		err = s.each(ctx, e, f, 0, 0, func(*domain.Chunk) (bool, error) {
			n++
			return true, nil
		})
		return n, err
	})
}

// Bounds of how chunks are gone through: how many are read at once, and up to how many a filter
// may select for the cluster to find them, instead of all being read.
const (
	pageSize = 1000
	mostFind = 5000
)

// each calls fn with the chunks that f selects, of all with nil, in the order of their ids, from
// the first above after, until fn returns false. What is changed meanwhile may be missed.
func (s *Service) each(ctx context.Context, e *catalog.Entry, f *filterlang.Filter, after int64, fields domain.Fields, fn func(c *domain.Chunk) (bool, error)) error {
	all := f == nil || f.IsAll()
	if !all {
		fields |= f.Fields()
	}
	now := s.now()
	if !all {
		list, ok, err := s.selected(ctx, e, f, fields)
		if err != nil {
			return err
		}
		if ok {
			return eachOf(list, after, fn)
		}
	}
	for more := true; more; {
		var page []domain.Chunk
		var err error
		if page, more, err = s.cluster.Scan(ctx, e.Room, after, pageSize, fields); err != nil {
			return err
		}
		for i := range page {
			c := &page[i]
			after = c.ID
			if c.Expired(now) || !all && !f.Matches(c) {
				continue
			}
			if on, err := fn(c); err != nil || !on {
				return err
			}
		}
	}
	return nil
}

// eachOf calls fn with the chunks of list with ids above after, until it returns false.
func eachOf(list []domain.Chunk, after int64, fn func(c *domain.Chunk) (bool, error)) error {
	for i := range list {
		c := &list[i]
		if c.ID <= after {
			continue
		}
		if on, err := fn(c); err != nil || !on {
			return err
		}
	}
	return nil
}

// CountValues counts how many of the chunks that a filter selects have each value of a field;
// see app.Service.
func (s *Service) CountValues(ctx context.Context, in app.CountValues) (app.ValueCounts, error) {
	field, err := filterlang.ParseField(in.Field)
	switch {
	case err != nil:
		return app.ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "field", "%q: %v", in.Field, err)
	case field.Source != filterlang.InMetadata:
		return app.ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "field", "%s is not in the metadata", in.Field)
	case in.Limit < 0 || in.Limit > s.limits.Hits:
		return app.ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "limit", "must be between 1 and %d, got %d", s.limits.Hits, in.Limit)
	}
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return app.ValueCounts{}, err
	}
	return on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (app.ValueCounts, error) {
		counts := map[filterlang.Value]int{}
		err := s.each(ctx, e, in.Filter, 0, domain.FieldMetadata, func(c *domain.Chunk) (bool, error) {
			here := map[filterlang.Value]bool{}
			field.Leaves(c, func(l filterlang.Leaf) { here[l.Value] = true })
			for v := range here {
				counts[v]++
			}
			if len(counts) > mostValues {
				return false, capability.Refuse(capability.Exact, "a cluster counts the values of a field with up to 100,000 different ones: use a filter")
			}
			return true, nil
		})
		if err != nil {
			return app.ValueCounts{}, err
		}
		return topValues(counts, in.Limit), nil
	})
}
