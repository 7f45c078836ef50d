package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.ChangeLog = (*Store)(nil)

// changesTable remembers what each batch changed, for databases that have a first row
// there: the state from which on changes are kept.
const changesTable = `CREATE TABLE changes (
	number   INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	hash     BLOB NOT NULL,
	written  BLOB NOT NULL,
	deleted  BLOB NOT NULL,
	PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;`

// KeepChanges remembers the changes of db from now on and forgets those up to since; see
// ports.ChangeLog.
func (s *Store) KeepChanges(ctx context.Context, db domain.Database, since int64) (domain.Database, error) {
	var now domain.Database
	err := s.do(ctx, &request{database: db.ID, run: func(c *conn) error {
		d, _, found, err := lookUp(c, db.ID)
		if err != nil {
			return err
		}
		if !found || !d.SameLife(db) {
			return domain.DatabaseNotFound(db.ID)
		}
		now = d
		err = c.exec(`INSERT INTO changes (number, sequence, hash, written, deleted)
			SELECT ?1, ?2, ?3, x'', x'' WHERE NOT EXISTS (SELECT 1 FROM changes WHERE number = ?1)`,
			d.Number, d.Sequence, d.Hash[:])
		if err != nil {
			return err
		}
		return c.exec(`DELETE FROM changes WHERE number = ?1 AND sequence < ?2
			AND EXISTS (SELECT 1 FROM changes WHERE number = ?1 AND sequence = ?2)`, d.Number, since)
	}})
	if err != nil {
		return domain.Database{}, err
	}
	return now, nil
}

// ForgetChanges forgets the changes of db; see ports.ChangeLog.
func (s *Store) ForgetChanges(ctx context.Context, db domain.Database) error {
	return s.do(ctx, &request{frees: true, run: func(c *conn) error {
		return c.exec("DELETE FROM changes WHERE number = ?", db.Number)
	}})
}

// log remembers the changes of a batch, if those of its database are kept.
func (t *batchWriter) log() error {
	written := make([]int64, 0, len(t.commit.IDs))
	for i, id := range t.commit.IDs {
		if t.commit.Written == nil || t.commit.Written[i] {
			written = append(written, id)
		}
	}
	return t.c.exec(`INSERT INTO changes (number, sequence, hash, written, deleted)
		SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM changes WHERE number = ?1)`,
		t.db.Number, t.db.Sequence, t.db.Hash[:], encodeIDs(written), encodeIDs(t.commit.Deleted))
}

// ChangesSince returns what happened to db after snap; see ports.ChangeLog.
func (s *Store) ChangesSince(ctx context.Context, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	var out ports.Changes
	err := s.readOf(ctx, db.ID, func(c *conn) error {
		var err error
		if c.staying { // in a transaction already
			out, err = changesSince(c, db, snap)
			return err
		}
		if err := c.script("BEGIN"); err != nil { // both statements see one moment
			return err
		}
		out, err = changesSince(c, db, snap)
		return errors.Join(err, c.script("COMMIT"))
	})
	if err != nil {
		return ports.Changes{}, err
	}
	return out, nil
}

func changesSince(c *conn, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	now, _, found, err := lookUp(c, db.ID)
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
	err = c.query("SELECT sequence, hash, written, deleted FROM changes WHERE number = ? AND sequence >= ? ORDER BY sequence",
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
		ids, err := decodeIDs(raw, maxLogged)
		if err != nil {
			return err
		}
		for _, id := range ids {
			there[id] = part.is
		}
	}
	return nil
}

// encodeIDs returns ids as runs of consecutive numbers: for each run its distance from
// the end of the one before and its length, as signed and unsigned varints.
func encodeIDs(ids []int64) []byte {
	out := []byte{}
	end := int64(0)
	for i := 0; i < len(ids); {
		n := 1
		for i+n < len(ids) && ids[i+n] == ids[i]+int64(n) {
			n++
		}
		out = binary.AppendVarint(out, ids[i]-end)
		out = binary.AppendUvarint(out, uint64(n))
		end = ids[i] + int64(n)
		i += n
	}
	return out
}

// maxLogged bounds what one batch can have changed, so that a damaged row cannot ask for
// endless memory.
const maxLogged = 1 << 28

// decodeIDs is the reverse of encodeIDs, for lists of at most most ids.
func decodeIDs(b []byte, most uint64) ([]int64, error) {
	var ids []int64
	end := int64(0)
	for len(b) > 0 {
		step, i := binary.Varint(b)
		n, j := uint64(0), 0
		if i > 0 {
			n, j = binary.Uvarint(b[i:])
		}
		if i <= 0 || j <= 0 || n > most-uint64(len(ids)) {
			return nil, fmt.Errorf("list of changes: %w", domain.ErrCorrupt)
		}
		for k := range int64(n) {
			ids = append(ids, end+step+k)
		}
		end += step + int64(n)
		b = b[i+j:]
	}
	return ids, nil
}
