package app

import (
	"cmp"
	"context"
	"fmt"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Count returns how many chunks of a database a filter selects; of all with nil.
func (s *Service) Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error) {
	return through(ctx, s, database, func(database string) (int64, error) { return s.count(ctx, database, f) })
}

func (s *Service) count(ctx context.Context, database string, f *filterlang.Filter) (int64, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := s.query.CheckFilter(f); err != nil {
		return 0, err
	}
	if f == nil || f.IsAll() {
		info, err := s.live.FindLive(ctx, database)
		return info.Chunks, err
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return 0, err
	}
	sel, err := s.query.Select(ctx, info, f)
	if err != nil {
		return 0, fmt.Errorf("count in %q: %w", database, err)
	}
	return int64(sel.Len()), nil
}

// DefaultValues is how many values CountValues returns where none is said.
const DefaultValues = 10

// CountValues asks which values a field of the metadata has.
type CountValues struct {
	Database string
	Number   int64              // as in List
	Field    string             // as filters name it
	Filter   *filterlang.Filter // nil: all chunks
	Limit    int                // values at most; 0: DefaultValues
}

// CountFields asks how many chunks have each of some fields of the metadata.
type CountFields struct {
	Database string
	Number   int64    // as in List
	Fields   []string // as filters name them
}

// CountFields returns how many chunks have each of the fields, in their order. What it has read once
// it keeps, as long as there is room, and brings up to date as chunks change.
func (s *Service) CountFields(ctx context.Context, in CountFields) ([]int64, error) {
	return through(ctx, s, in.Database, func(database string) ([]int64, error) {
		leave, err := s.live.Enter()
		if err != nil {
			return nil, err
		}
		defer leave()
		fields := make([]filterlang.Field, len(in.Fields))
		for i, name := range in.Fields {
			if fields[i], err = filterlang.ParseField(name); err != nil {
				return nil, domain.FieldErrorf(domain.ErrInvalid, "fields", "%q: %v", name, err)
			}
			if fields[i].Source != filterlang.InMetadata {
				return nil, domain.FieldErrorf(domain.ErrInvalid, "fields", "%s is not in the metadata", name)
			}
		}
		info, err := s.findNumber(ctx, database, in.Number)
		if err != nil {
			return nil, err
		}
		counts, err := s.query.CountThere(ctx, info, fields)
		if err != nil {
			return nil, fmt.Errorf("count fields in %q: %w", database, err)
		}
		return counts, nil
	})
}

// ValueCount is a value and how many chunks have it.
type ValueCount = filter.ValueCount

// ValueCounts is the values of a field, those of most chunks first.
type ValueCounts struct {
	Values   []ValueCount
	Distinct int // different ones that there are
}

// CountValues counts how many of the chunks that a filter selects have each value of a
// field. A chunk with an array there counts for each of its elements.
func (s *Service) CountValues(ctx context.Context, in CountValues) (ValueCounts, error) {
	return through(ctx, s, in.Database, func(database string) (ValueCounts, error) {
		in.Database = database
		return s.countValues(ctx, in)
	})
}

func (s *Service) countValues(ctx context.Context, in CountValues) (ValueCounts, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return ValueCounts{}, err
	}
	defer leave()
	field, err := filterlang.ParseField(in.Field)
	switch {
	case err != nil:
		return ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "field", "%q: %v", in.Field, err)
	case field.Source != filterlang.InMetadata:
		return ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "field", "%s is not in the metadata", in.Field)
	case in.Limit < 0 || in.Limit > s.limits.Hits:
		return ValueCounts{}, domain.FieldErrorf(domain.ErrInvalid, "limit", "must be between 1 and %d, got %d", s.limits.Hits, in.Limit)
	}
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return ValueCounts{}, err
	}
	info, err := s.findNumber(ctx, in.Database, in.Number)
	if err != nil {
		return ValueCounts{}, err
	}
	f := in.Filter
	if f == nil {
		f = &filterlang.Filter{}
	}
	var out ValueCounts
	out.Values, out.Distinct, err = s.query.CountValues(ctx, info, f, field, cmp.Or(in.Limit, DefaultValues))
	if err != nil {
		return ValueCounts{}, fmt.Errorf("count values in %q: %w", in.Database, err)
	}
	return out, nil
}
