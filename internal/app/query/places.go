package query

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Places returns the first n places behind after, if it is not nil, that the chunks which f
// selects have in the order by. It answers from memory if the database is open, and does not open
// it: then all rows are read.
func (s *Searcher) Places(ctx context.Context, info domain.Database, f *filterlang.Filter, by *filterlang.Sort, after *filterlang.Place, n int) (list []filterlang.Place, err error) {
	q := filter.SortQuery{Filter: f, Sort: by, After: after, N: n, Now: s.now(), Bytes: s.limits.Answer}
	for {
		db := s.live.Lookup(info.ID)
		if db == nil || !db.Loaded() || !db.State().SameLife(info) {
			return filter.ScanPlaces(ctx, &q, rowsOf{s: s, info: info})
		}
		list, err = db.FilterIndex().Places(ctx, &q, rowsOf{s, db, info})
		if !errors.Is(err, live.ErrGone) {
			return list, err
		}
	}
}
