package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Up to smallDrop chunks a database is removed at once. Up to mediumDrop its table is,
// which takes some ms, and the rest in steps. The table of a bigger one is renamed, which
// takes some ms too, but for every thousand databases in the file.
const (
	smallDrop  = 64
	mediumDrop = 20000
)

// Drop removes a database; see ports.Catalog. What a big one held is freed afterwards in
// steps, under a name that no database can have.
func (s *Store) Drop(ctx context.Context, id string, applied func(domain.Database)) error {
	var db domain.Database
	var later bool
	r := &request{database: id, schema: true, frees: true, run: func(c *conn) error {
		var err error
		if db, _, _, err = s.findOrCreate(c, id, nil); err != nil {
			return err
		}
		s.detain()
		if db.FullText != "" || s.preparing.has(db.Number) {
			if err := staleText(c, db.Number); err != nil {
				return err
			}
		}
		if later = db.Chunks > smallDrop; later {
			return s.putAside(c, db)
		}
		return s.remove(c, db)
	}}
	r.after = func() {
		k := &s.writer.keeper
		k.freed, k.schema = true, true
		k.texts = k.texts || db.FullText != "" || s.preparing.has(db.Number)
		s.preparing.end(db.Number)
		s.health.passed(domain.ErrCorrupt, id)
		if later {
			k.drops = true
			s.writer.counts.pending.Add(1)
		}
		if applied != nil {
			applied(db)
		}
	}
	return s.do(ctx, r)
}

// putAside frees the name of db, and notes what of it is still to be freed.
func (s *Store) putAside(c *conn, db domain.Database) error {
	table, left := tableName(db.ID), ""
	change := "DROP TABLE " + table
	if db.Chunks > mediumDrop {
		left = droppedName(db.Number)
		change = "ALTER TABLE " + table + " RENAME TO " + left
	}
	if err := c.script(change); err != nil {
		return err
	}
	if err := c.exec("INSERT INTO drops (number, table_left) VALUES (?, ?)", db.Number, left); err != nil {
		return err
	}
	return c.exec("DELETE FROM databases WHERE number = ?", db.Number)
}

// remove takes away all of a small database.
func (s *Store) remove(c *conn, db domain.Database) error {
	if err := c.exec("DELETE FROM embeddings WHERE id BETWEEN ? AND ?", rowID(db.Number, 0), rowID(db.Number, maxID)); err != nil {
		return err
	}
	if err := c.exec("DELETE FROM keys WHERE number = ?", db.Number); err != nil {
		return err
	}
	for _, from := range []string{"changes", "expiries"} {
		if err := c.exec("DELETE FROM "+from+" WHERE number = ?", db.Number); err != nil {
			return err
		}
	}
	if err := c.exec("DELETE FROM databases WHERE number = ?", db.Number); err != nil {
		return err
	}
	return c.script("DROP TABLE " + tableName(db.ID))
}

// rowID is where an embedding is kept.
func rowID(number, chunk int64) int64 { return number<<idBits | chunk }

// cleanUp takes one step in freeing the space of the first dropped database.
func (k *keeper) cleanUp() error {
	c := k.w.conn
	var number int64
	var table string
	err := c.query("SELECT number, table_left FROM drops ORDER BY number LIMIT 1", func(row []driver.Value) error {
		number, _ = row[0].(int64)
		table, _ = row[1].(string)
		return nil
	})
	if err != nil {
		return err
	}
	if number == 0 {
		k.drops, k.freed = false, true
		k.w.counts.pending.Store(0)
		return nil
	}
	begin := time.Now()
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := k.shrink(c, number, table); err != nil {
		return err
	}
	if err := c.exec("COMMIT"); err != nil {
		return err
	}
	k.committed()
	switch took := time.Since(begin); {
	case took > slowStep:
		k.rows = max(k.rows/2, minRows)
	case took < fastStep:
		k.rows = min(k.rows*2, maxRows)
	}
	return nil
}

// shrink deletes some rows of a dropped database, or the rest of it once they are gone.
func (k *keeper) shrink(c *conn, number int64, table string) error {
	n, err := c.execCount(`DELETE FROM embeddings WHERE id IN
		(SELECT id FROM embeddings WHERE id BETWEEN ? AND ? LIMIT ?)`, rowID(number, 0), rowID(number, maxID), k.rows)
	if err != nil || n > 0 {
		return err
	}
	n, err = c.execCount(`DELETE FROM keys WHERE number = ?1 AND key IN
		(SELECT key FROM keys WHERE number = ?1 LIMIT ?2)`, number, k.rows)
	if err != nil || n > 0 {
		return err
	}
	n, err = c.execCount(`DELETE FROM changes WHERE number = ?1 AND sequence IN
		(SELECT sequence FROM changes WHERE number = ?1 LIMIT ?2)`, number, k.rows)
	if err != nil || n > 0 {
		return err
	}
	n, err = c.execCount(`DELETE FROM expiries WHERE number = ?1 AND chunk_id IN
		(SELECT chunk_id FROM expiries WHERE number = ?1 LIMIT ?2)`, number, k.rows)
	if err != nil || n > 0 {
		return err
	}
	if table != "" {
		n, err = c.execCount("DELETE FROM "+table+" WHERE chunk_id IN (SELECT chunk_id FROM "+table+" LIMIT ?)", k.rows)
		if err != nil || n > 0 {
			return err
		}
		k.reshape()
		if err := c.script("DROP TABLE " + table); err != nil {
			return err
		}
	}
	k.w.counts.pending.Add(-1)
	return c.exec("DELETE FROM drops WHERE number = ?", number)
}

// pendingDrops returns how many dropped databases still take room.
func pendingDrops(c *conn) (n int64, err error) {
	err = c.query("SELECT count(*) FROM drops", func(row []driver.Value) error {
		n, _ = row[0].(int64)
		return nil
	})
	return n, err
}
