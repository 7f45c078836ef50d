package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
)

// Removal says which chunks of a database to delete: those with IDs, those with Keys, or those
// that Filter selects. One of the three is given.
type Removal struct {
	Database string
	Number   int64 // that the database has: another one is ErrNotFound; 0: any
	IDs      []int64
	Keys     []string
	Filter   *filterlang.Filter
}

// Remove deletes the chunks that in names, as Delete, DeleteKeys and DeleteWhere do.
func (s *Service) Remove(ctx context.Context, in Removal) (int, error) {
	remove, named := s.deleteIDs, 0
	if in.IDs != nil {
		named++
	}
	if in.Keys != nil {
		remove, named = s.deleteKeys, named+1
	}
	if in.Filter != nil {
		remove, named = s.deleteWhere, named+1
	}
	if named != 1 {
		return 0, domain.Errorf(domain.ErrInvalid, "a delete names chunks by ids, by keys or by a filter, and only by one of these")
	}
	return s.removeBy(ctx, in, remove)
}

// removeBy calls remove for the database that the name in in stands for.
func (s *Service) removeBy(ctx context.Context, in Removal, remove func(context.Context, Removal) (int, error)) (int, error) {
	return through(ctx, s, in.Database, func(database string) (int, error) {
		at := in
		at.Database = database
		return remove(ctx, at)
	})
}

// Delete removes the chunks with the given ids and returns how many there were; unknown
// ids are passed over. When it returns, the deletion is durable and no search that
// starts afterwards finds them.
func (s *Service) Delete(ctx context.Context, database string, ids []int64) (int, error) {
	return s.removeBy(ctx, Removal{Database: database, IDs: ids}, s.deleteIDs)
}

func (s *Service) deleteIDs(ctx context.Context, in Removal) (int, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := domain.CheckID(in.Database); err != nil {
		return 0, err
	}
	if err := s.checkMany("ids", len(in.IDs)); err != nil {
		return 0, err
	}
	return s.remove(ctx, domain.Batch{Database: in.Database, Delete: in.IDs, Check: func(d domain.Database) error { return d.CheckNumber(in.Number) }})
}

// DeleteKeys removes the chunks with the given keys as Delete does.
func (s *Service) DeleteKeys(ctx context.Context, database string, keys []string) (int, error) {
	return s.removeBy(ctx, Removal{Database: database, Keys: keys}, s.deleteKeys)
}

func (s *Service) deleteKeys(ctx context.Context, in Removal) (int, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := s.checkMany("keys", len(in.Keys)); err != nil {
		return 0, err
	}
	for _, key := range in.Keys {
		if err := domain.CheckKey(key); err != nil {
			return 0, err
		}
	}
	info, err := s.findNumber(ctx, in.Database, in.Number)
	if err != nil {
		return 0, err
	}
	chunks, err := s.live.Chunks(ctx, info, domain.Selection{Keys: in.Keys}, 0)
	if err != nil {
		return 0, fmt.Errorf("delete from %q: %w", in.Database, err)
	}
	return s.removeRows(ctx, info, chunks, 0)
}

// deletePage is how many chunks are deleted in one transaction where a filter says which.
const deletePage = 10_000

// DeleteWhere removes the chunks that a filter selects and returns how many; of a nil or
// empty filter it removes all. Chunks that are inserted meanwhile may stay. Many chunks
// are removed in several steps, each of which is durable; a chunk that was changed so that
// the filter does not select it any more stays.
func (s *Service) DeleteWhere(ctx context.Context, database string, f *filterlang.Filter) (int, error) {
	return s.removeBy(ctx, Removal{Database: database, Filter: f}, s.deleteWhere)
}

func (s *Service) deleteWhere(ctx context.Context, in Removal) (int, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	f := in.Filter
	if err := s.query.CheckFilter(f); err != nil {
		return 0, err
	}
	info, err := s.findNumber(ctx, in.Database, in.Number)
	if err != nil {
		return 0, err
	}
	var n int
	if f == nil || f.IsAll() {
		n, err = s.deleteAll(ctx, info)
	} else {
		n, err = s.deleteSelected(ctx, info, f)
	}
	if err != nil {
		return n, fmt.Errorf("delete from %q: %w", in.Database, err)
	}
	return n, nil
}

// deleteAll removes the chunks that were there at info.
func (s *Service) deleteAll(ctx context.Context, info domain.Database) (n int, err error) {
	for after := int64(0); ; {
		page, err := s.live.Chunks(ctx, info, domain.Selection{After: after, Limit: deletePage}, 0)
		if err != nil || len(page) == 0 {
			return n, err
		}
		after = page[len(page)-1].ID
		old := page[:0]
		for _, c := range page {
			if c.Sequence <= info.Sequence {
				old = append(old, c)
			}
		}
		gone, err := s.removeRows(ctx, info, old, 0)
		n += gone
		if err != nil {
			return n, err
		}
	}
}

// deleteSelected removes what f selects. A page in which a chunk was changed meanwhile is
// refused by the repository and looked at again.
func (s *Service) deleteSelected(ctx context.Context, info domain.Database, f *filterlang.Filter) (n int, err error) {
	sel, err := s.query.Select(ctx, info, f)
	if err != nil {
		return 0, err
	}
	for ids := range sel.Pages(0, deletePage) {
		for {
			gone, err := s.deletePage(ctx, info, f, ids)
			if err == nil {
				n += gone
				break
			}
			if !errors.Is(err, domain.ErrConflict) || ctx.Err() != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// deletePage removes those of ids that f still selects, or none and returns ErrConflict if
// one of them is changed before that is done.
func (s *Service) deletePage(ctx context.Context, info domain.Database, f *filterlang.Filter, ids []int64) (int, error) {
	rows, err := s.live.Chunks(ctx, info, domain.Selection{IDs: ids}, f.Fields())
	if err != nil {
		return 0, err
	}
	kept, newest := rows[:0], int64(0)
	for i := range rows {
		newest = max(newest, rows[i].Sequence)
		if f.Matches(&rows[i]) {
			kept = append(kept, rows[i])
		}
	}
	return s.removeRows(ctx, info, kept, newest)
}

// removeRows removes chunks of the life of info; with newest not 0 only if none of them was
// changed after that.
func (s *Service) removeRows(ctx context.Context, info domain.Database, rows []domain.Chunk, newest int64) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	b := domain.Batch{Database: info.ID, Delete: make([]int64, len(rows)), IfSequence: newest}
	for i := range rows {
		b.Delete[i] = rows[i].ID
	}
	b.Check = sameLife(info)
	n, err := s.remove(ctx, b)
	if errors.Is(err, live.ErrGone) {
		return 0, domain.DatabaseNotFound(info.ID)
	}
	if errors.Is(err, domain.ErrDiskFull) && len(rows) > smallDelete {
		return s.removeHalves(ctx, info, rows, newest)
	}
	return n, err
}

// smallDelete is how many chunks are deleted together even where the disk is full.
const smallDelete = 32

// removeHalves is removeRows in two steps: each needs less of the room that is left.
func (s *Service) removeHalves(ctx context.Context, info domain.Database, rows []domain.Chunk, newest int64) (int, error) {
	half := len(rows) / 2
	n, err := s.removeRows(ctx, info, rows[:half], newest)
	if err != nil {
		return n, err
	}
	more, err := s.removeRows(ctx, info, rows[half:], newest)
	return n + more, err
}

// remove stores a batch that deletes.
func (s *Service) remove(ctx context.Context, b domain.Batch) (int, error) {
	b.At = s.now()
	c, err := s.live.Write(ctx, b)
	if err != nil {
		return 0, fmt.Errorf("delete from %q: %w", b.Database, err)
	}
	return len(c.Deleted) - c.Expired, nil
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

// DeleteChunk removes one chunk, or returns ErrNotFound. When it returns, the deletion is
// durable and no search that starts afterwards finds the chunk.
func (s *Service) DeleteChunk(ctx context.Context, database string, ref Ref) error {
	_, err := through(ctx, s, database, func(database string) (struct{}, error) { return struct{}{}, s.deleteChunk(ctx, database, ref) })
	return err
}

func (s *Service) deleteChunk(ctx context.Context, database string, ref Ref) error {
	leave, err := s.live.Enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := ref.Check(); err != nil {
		return err
	}
	for {
		info, err := s.live.Find(ctx, database)
		if err != nil {
			return err
		}
		c, err := s.live.Chunk(ctx, info, ref, 0)
		if err != nil {
			return err
		}
		// The chunk with a key may be another one meanwhile, or one of another life.
		batch := domain.Batch{Database: database, Delete: []int64{c.ID}, Check: sameLife(info), At: s.now()}
		done, err := s.live.Write(ctx, batch)
		switch {
		case errors.Is(err, live.ErrGone) || err == nil && len(done.Deleted) == done.Expired:
			continue
		case err != nil:
			return fmt.Errorf("delete %v of %q: %w", ref, database, err)
		}
		return nil
	}
}

// sameLife returns a check that fails with live.ErrGone where a database is not in the life
// that info describes.
func sameLife(info domain.Database) func(domain.Database) error {
	return func(now domain.Database) error {
		if !now.SameLife(info) {
			return live.ErrGone
		}
		return nil
	}
}
