package query

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// CountValues returns the values that the chunks which f selects have in a field of the
// metadata, those of most chunks first, at most limit, and how many different ones there
// are. It answers from memory if the database is open, and does not open it.
func (s *Searcher) CountValues(ctx context.Context, info domain.Database, f *filterlang.Filter, field filterlang.Field, limit int) (top []filter.ValueCount, distinct int, err error) {
	for {
		db := s.live.Lookup(info.ID)
		if db == nil || !db.Loaded() || !db.State().SameLife(info) {
			return filter.ScanValues(ctx, f, field, s.now(), limit, rowsOf{s: s, info: info})
		}
		top, distinct, err = db.FilterIndex().CountValues(ctx, f, field, s.now(), limit, rowsOf{s, db, info})
		if !errors.Is(err, live.ErrGone) {
			return top, distinct, err
		}
	}
}

// CountThere returns how many chunks of a database have each of fields, which are in the
// metadata. It answers from memory if the database is open, and does not open it.
func (s *Searcher) CountThere(ctx context.Context, info domain.Database, fields []filterlang.Field) ([]int64, error) {
	for {
		db := s.live.Lookup(info.ID)
		if db == nil || !db.Loaded() || !db.State().SameLife(info) {
			return filter.ScanThere(ctx, filter.Exist(fields), s.now(), rowsOf{s: s, info: info})
		}
		counts, err := db.FilterIndex().CountThere(ctx, fields, s.now(), rowsOf{s, db, info})
		if !errors.Is(err, live.ErrGone) {
			return counts, err
		}
	}
}
