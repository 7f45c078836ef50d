package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.ChangeLog = (*Store)(nil)

// KeepChanges remembers the changes of db from now on and forgets those up to since; see
// ports.ChangeLog.
func (s *Store) KeepChanges(ctx context.Context, db domain.Database, since int64) (domain.Database, error) {
	var now domain.Database
	err := s.writer.Do(ctx, &commit.Request{Database: db.ID, Run: func(c *conn.Conn) error {
		d, _, found, err := schema.LookUp(c, db.ID)
		if err != nil {
			return err
		}
		if !found || !d.SameLife(db) {
			return domain.DatabaseNotFound(db.ID)
		}
		now = d
		err = c.Exec(`INSERT INTO changes (number, sequence, hash, written, deleted)
			SELECT ?1, ?2, ?3, x'', x'' WHERE NOT EXISTS (SELECT 1 FROM changes WHERE number = ?1)`,
			d.Number, d.Sequence, d.Hash[:])
		if err != nil {
			return err
		}
		return c.Exec(`DELETE FROM changes WHERE number = ?1 AND sequence < ?2
			AND EXISTS (SELECT 1 FROM changes WHERE number = ?1 AND sequence = ?2)`, d.Number, since)
	}})
	if err != nil {
		return domain.Database{}, err
	}
	return now, nil
}

// ForgetChanges forgets the changes of db; see ports.ChangeLog.
func (s *Store) ForgetChanges(ctx context.Context, db domain.Database) error {
	return s.writer.Do(ctx, &commit.Request{Frees: true, Run: func(c *conn.Conn) error {
		return c.Exec("DELETE FROM changes WHERE number = ?", db.Number)
	}})
}

// log remembers the changes of a batch, if those of its database are kept. Of chunks that
// keep their embedding an index has nothing to learn, unless chunks of the database expire:
// the vector of one that was to expire may have left the index before it was written again.
// Feeds learn of all.
func (t *batchWriter) log() error {
	written := make([]int64, 0, len(t.commit.IDs))
	var all []int64
	for i, id := range t.commit.IDs {
		if t.commit.Written != nil && !t.commit.Written[i] {
			continue
		}
		if t.kept.FedUntil != 0 {
			all = append(all, id)
		}
		if t.expiring || !t.b.KeepsEmbedding(i) {
			written = append(written, id)
		}
	}
	if err := feed.Log(t.c, t.db, t.kept, all, t.commit.Deleted, t.gone, t.s.options.Now()); err != nil {
		return err
	}
	return t.c.Exec(`INSERT INTO changes (number, sequence, hash, written, deleted)
		SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM changes WHERE number = ?1)`,
		t.db.Number, t.db.Sequence, t.db.Hash[:], schema.EncodeIDs(written), schema.EncodeIDs(t.commit.Deleted))
}

// ChangesSince returns what happened to db after snap; see ports.ChangeLog.
func (s *Store) ChangesSince(ctx context.Context, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	var out ports.Changes
	err := s.readOf(ctx, db.ID, func(c *conn.Conn) error {
		return c.AtOnce(func() (err error) {
			out, err = changesSince(c, db, snap)
			return err
		})
	})
	if err != nil {
		return ports.Changes{}, err
	}
	return out, nil
}

func changesSince(c *conn.Conn, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	now, _, found, err := schema.LookUp(c, db.ID)
	if err != nil {
		return ports.Changes{}, err
	}
	if !found || !now.SameLife(db) {
		return ports.Changes{}, domain.DatabaseNotFound(db.ID)
	}
	stale := fmt.Errorf("changes of %q since %d: %w", db.ID, snap.Sequence, domain.ErrStaleSnapshot)
	if snap.Incarnation != now.Incarnation {
		return ports.Changes{}, stale
	}
	there := map[int64]bool{} // whether a changed chunk is still there
	last := int64(-1)
	err = c.Query("SELECT sequence, hash, written, deleted FROM changes WHERE number = ? AND sequence >= ? ORDER BY sequence",
		func(row []driver.Value) error {
			sequence, _ := row[0].(int64)
			hash, _ := row[1].([]byte)
			if last < 0 { // the state itself, whose own changes it has
				if sequence != snap.Sequence || string(hash) != string(snap.Hash[:]) {
					return stale
				}
				last = sequence
				return nil
			}
			last = sequence
			return note(there, row[2], row[3])
		}, now.Number, snap.Sequence)
	if err != nil {
		return ports.Changes{}, err
	}
	if last != now.Sequence {
		return ports.Changes{}, stale
	}
	out := ports.Changes{Database: now}
	if out.Expiring, err = expiring(c, now.Number); err != nil {
		return ports.Changes{}, err
	}
	for id, is := range there {
		if is {
			out.Written = append(out.Written, id)
		} else {
			out.Deleted = append(out.Deleted, id)
		}
	}
	slices.Sort(out.Written)
	slices.Sort(out.Deleted)
	return out, nil
}

// note takes the changes of one batch into there. It deletes before it writes.
func note(there map[int64]bool, written, deleted driver.Value) error {
	for _, part := range []struct {
		ids driver.Value
		is  bool
	}{{deleted, false}, {written, true}} {
		raw, _ := part.ids.([]byte)
		ids, err := schema.DecodeIDs(raw, schema.MaxLogged)
		if err != nil {
			return err
		}
		for _, id := range ids {
			there[id] = part.is
		}
	}
	return nil
}
