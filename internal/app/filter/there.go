package filter

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain/filterlang"
)

// CountThere returns how many chunks, of those that have not expired at now, have each of fields,
// which are in the metadata. It keeps less of a field than filters do which compare values: only
// which chunks have it, and reads the rows once for all fields of which that is not known.
func (ix *Index) CountThere(ctx context.Context, fields []filterlang.Field, now time.Time, rows Rows) ([]int64, error) {
	exists := Exist(fields)
	for range maxTries {
		counts, missing := ix.countThere(exists, now)
		if missing == nil {
			return counts, nil
		}
		if err := ix.build(ctx, missing, rows); err != nil {
			return nil, err
		}
	}
	return ScanThere(ctx, exists, now, rows)
}

// Exist returns the comparisons which ask whether each of fields is there.
func Exist(fields []filterlang.Field) []filterlang.Filter {
	exists := make([]filterlang.Filter, len(fields))
	for i, f := range fields {
		exists[i] = filterlang.Filter{Op: filterlang.Exists, Field: f}
	}
	return exists
}

// ScanThere is Index.CountThere without an index, by comparisons with each of the fields: it reads
// all rows.
func ScanThere(ctx context.Context, exists []filterlang.Filter, now time.Time, rows Rows) ([]int64, error) {
	counts := make([]int64, len(exists))
	for i := range exists {
		ids, err := rows.Matching(ctx, &exists[i], now)
		if err != nil {
			return nil, err
		}
		counts[i] = int64(len(ids))
	}
	return counts, nil
}

// countThere counts what each of exists takes, or returns what that needs first.
func (ix *Index) countThere(exists []filterlang.Filter, now time.Time) (counts []int64, missing []need) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	use := ix.clock.Add(1)
	part := func(name string) part {
		e := ix.parts[name]
		if e == nil || !e.ready {
			return nil
		}
		e.used.Store(use)
		return e.part
	}
	u, known := part(everything).(*universe)
	if !known {
		missing = append(missing, need{name: everything})
	}
	sets := make([]*roaring64.Bitmap, len(exists))
	for i := range exists {
		own := "?" + exists[i].String()
		if c, ok := part("." + exists[i].Field.String()).(*column); ok {
			sets[i] = c.there
		} else if w, ok := part(own).(*watched); ok {
			sets[i] = w.ids
		} else {
			missing = append(missing, need{name: own, cmp: &exists[i], there: true})
		}
	}
	if missing != nil {
		return nil, missing
	}
	due := roaring64.New() // an id may come twice
	for id := range u.expires.Due(now) {
		due.Add(uint64(id))
	}
	counts = make([]int64, len(exists))
	for i, set := range sets {
		counts[i] = int64(set.GetCardinality() - set.AndCardinality(due))
	}
	return counts, nil
}
