package clustered

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Remove deletes the chunks that in names; see app.Service.
func (s *Service) Remove(ctx context.Context, in app.Removal) (int, error) {
	named := 0
	for _, is := range []bool{in.IDs != nil, in.Keys != nil, in.Filter != nil} {
		if is {
			named++
		}
	}
	if named != 1 {
		return 0, domain.Errorf(domain.ErrInvalid, "a delete names chunks by ids, by keys or by a filter, and only by one of these")
	}
	if in.Filter != nil {
		return s.deleteWhere(ctx, in)
	}
	refs := make([]app.Ref, 0, len(in.IDs)+len(in.Keys))
	for _, id := range in.IDs {
		if id > 0 { // others are none
			refs = append(refs, app.Ref{ID: id})
		}
	}
	for _, key := range in.Keys {
		if err := domain.CheckKey(key); err != nil {
			return 0, err
		}
		if key != "" {
			refs = append(refs, app.Ref{Key: key})
		}
	}
	return s.deleteRefs(ctx, in, refs)
}

// Delete removes the chunks with the given ids and returns how many there were.
func (s *Service) Delete(ctx context.Context, database string, ids []int64) (int, error) {
	if err := domain.CheckID(database); err != nil {
		return 0, err
	}
	if err := s.checkMany("ids", len(ids)); err != nil {
		return 0, err
	}
	return s.Remove(ctx, app.Removal{Database: database, IDs: ids})
}

// DeleteKeys removes the chunks with the given keys as Delete does.
func (s *Service) DeleteKeys(ctx context.Context, database string, keys []string) (int, error) {
	if err := s.checkMany("keys", len(keys)); err != nil {
		return 0, err
	}
	return s.Remove(ctx, app.Removal{Database: database, Keys: keys})
}

// checkMany refuses a list of chunks that is empty or too long.
func (s *Service) checkMany(what string, n int) error {
	if n == 0 {
		return domain.Errorf(domain.ErrInvalid, "%s cannot be empty", what)
	}
	if n > s.limits.Chunks {
		return domain.Errorf(domain.ErrTooLarge, "%d %s in one delete, at most %d are allowed", n, what, s.limits.Chunks)
	}
	return nil
}

// DeleteChunk removes one chunk, or returns ErrNotFound.
func (s *Service) DeleteChunk(ctx context.Context, database string, ref app.Ref) error {
	if err := ref.Check(); err != nil {
		return err
	}
	n, err := s.deleteRefs(ctx, app.Removal{Database: database}, []app.Ref{ref})
	if err == nil && n == 0 {
		err = ref.NotFound()
	}
	return err
}

func (s *Service) deleteRefs(ctx context.Context, in app.Removal, refs []app.Ref) (int, error) {
	if len(refs) > s.limits.Chunks {
		return 0, s.checkMany("chunks", len(refs))
	}
	return on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (int, error) {
		if len(refs) == 0 {
			return 0, nil
		}
		ctx, done, err := s.lease(ctx, e, true)
		if err != nil {
			return 0, err
		}
		defer done()
		n, err := s.deleteThose(ctx, e, refs, nil)
		if err != nil {
			err = fmt.Errorf("delete from %q: %w", in.Database, err)
		}
		return n, err
	})
}

// deleteThose deletes the chunks that refs name and f selects, and returns how many there were
// that had not expired.
func (s *Service) deleteThose(ctx context.Context, e *catalog.Entry, refs []app.Ref, f *filterlang.Filter) (n int, err error) {
	fields := domain.Fields(0)
	if f != nil {
		fields = f.Fields()
	}
	found, err := s.cluster.Get(ctx, e.Room, refs, fields)
	if err != nil {
		return 0, err
	}
	now, gone, seen := s.now(), found[:0], map[int64]bool{}
	for i := range found {
		c := &found[i]
		if seen[c.ID] || f != nil && !f.Matches(c) {
			continue
		}
		seen[c.ID] = true
		if !c.Expired(now) {
			n++
		}
		gone = append(gone, *c)
	}
	if len(gone) == 0 {
		return 0, nil
	}
	return n, s.cluster.Delete(ctx, e.Room, gone)
}

// DeleteWhere removes the chunks that a filter selects and returns how many; of nil or an empty
// filter it removes all. Each is read again before it is deleted, and stays if the filter does
// not select it any more; what is written between that and the delete may go with it.
func (s *Service) DeleteWhere(ctx context.Context, database string, f *filterlang.Filter) (int, error) {
	if f == nil {
		f = &filterlang.Filter{}
	}
	return s.Remove(ctx, app.Removal{Database: database, Filter: f})
}

func (s *Service) deleteWhere(ctx context.Context, in app.Removal) (int, error) {
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return 0, err
	}
	n := 0
	_, err := on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (int, error) {
		var page []app.Ref
		flush := func() error {
			ctx, done, err := s.lease(ctx, e, true)
			if err != nil {
				return err
			}
			defer done()
			gone, err := s.deleteThose(ctx, e, page, in.Filter)
			page, n = page[:0], n+gone
			return err
		}
		err := s.each(ctx, e, in.Filter, 0, 0, func(c *domain.Chunk) (bool, error) {
			ref := app.Ref{Key: c.Key}
			if c.Key == "" {
				ref.ID = c.ID
			}
			if page = append(page, ref); len(page) < pageSize {
				return true, nil
			}
			return true, flush()
		})
		if err == nil && len(page) > 0 {
			err = flush()
		}
		return n, err
	})
	if err != nil {
		return n, fmt.Errorf("delete from %q: %w", in.Database, err)
	}
	return n, nil
}
