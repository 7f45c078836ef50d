package sqlite

import (
	"context"
	"database/sql/driver"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/reembed"
	"github.com/memista/memista/internal/adapters/sqlite/registry"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
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
	return s.collections.Drop(func(keep bool) error { return s.dropNamed(ctx, id, keep, applied) })
}

// dropNamed removes a database, and what it was called unless that is kept.
func (s *Store) dropNamed(ctx context.Context, id string, keep bool, applied func(domain.Database)) error {
	var db domain.Database
	var freed func()
	r := &commit.Request{Database: id, Schema: true, Frees: true, Run: func(c *conn.Conn) error {
		var err error
		if db, _, _, err = s.findOrCreate(c, id, nil); err != nil {
			return err
		}
		freed, err = s.drop(c, db, keep)
		return err
	}}
	r.After = func() {
		freed()
		if applied != nil {
			applied(db)
		}
	}
	return s.writer.Do(ctx, r)
}

// drop takes db away inside a transaction, and what it was called unless that is kept. freed
// is to be called once that is durable.
func (s *Store) drop(c *conn.Conn, db domain.Database, keep bool) (freed func(), err error) {
	s.pool.PinFree()
	if !keep {
		if err := registry.Dropped(c, db.Number); err != nil {
			return nil, err
		}
	}
	if err := s.texts.Drop(c, db); err != nil {
		return nil, err
	}
	if err := feed.Forget(c, db.Number); err != nil {
		return nil, err
	}
	later := db.Chunks > smallDrop
	if later {
		err = s.deferDrop(c, db)
	} else {
		err = s.remove(c, db)
	}
	return func() {
		s.writer.Freed()
		s.texts.Dropped(db)
		s.health.Resolve(domain.ErrCorrupt, db.ID)
		if later {
			s.dropped.defers()
		}
	}, err
}

// deferDrop frees the name of db, and notes what of it is still to be freed.
func (s *Store) deferDrop(c *conn.Conn, db domain.Database) error {
	table, left := schema.TableName(db.ID), ""
	change := "DROP TABLE " + table
	if db.Chunks > mediumDrop {
		left = schema.DroppedName(db.Number)
		change = "ALTER TABLE " + table + " RENAME TO " + left
	}
	if err := c.Script(change); err != nil {
		return err
	}
	if err := c.Exec("INSERT INTO drops (number, table_left) VALUES (?, ?)", db.Number, left); err != nil {
		return err
	}
	return c.Exec("DELETE FROM databases WHERE number = ?", db.Number)
}

// vectorTables empty the tables of sparse and named vectors.
var vectorTables = [...]func(c *conn.Conn, number, n int64) (int64, error){sparse.Empty, named.Empty}

// remove takes away all of a small database.
func (s *Store) remove(c *conn.Conn, db domain.Database) error {
	for _, slot := range []schema.Slot{0, 1} {
		first, last := slot.RowIDs(db.Number)
		for _, from := range []string{"embeddings", "reembedded"} {
			if err := c.Exec("DELETE FROM "+from+" WHERE id BETWEEN ? AND ?", first, last); err != nil {
				return err
			}
		}
	}
	for _, empty := range vectorTables {
		if _, err := empty(c, db.Number, schema.MaxID); err != nil {
			return err
		}
	}
	if err := c.Exec("DELETE FROM keys WHERE number = ?", db.Number); err != nil {
		return err
	}
	for _, from := range []string{"changes", "expiries", "reembeds", "reembed_again"} {
		if err := c.Exec("DELETE FROM "+from+" WHERE number = ?", db.Number); err != nil {
			return err
		}
	}
	if err := c.Exec("DELETE FROM databases WHERE number = ?", db.Number); err != nil {
		return err
	}
	return c.Script("DROP TABLE " + schema.TableName(db.ID))
}

// dropped frees the space of dropped databases.
type dropped struct {
	purge   *maintenance.Task
	pending atomic.Int64 // databases that still take room
	pace    maintenance.Pace
}

func newDropped() *dropped {
	d := &dropped{pace: maintenance.Pace{N: 256, Min: 16, Max: 4096}}
	d.purge = &maintenance.Task{Step: d.step}
	return d
}

// count counts the databases that still take room.
func (d *dropped) count(c *conn.Conn) error {
	n, _, err := c.Integer("SELECT count(*) FROM drops")
	d.pending.Store(n)
	return err
}

// defers counts a database whose space is freed later.
func (d *dropped) defers() {
	d.pending.Add(1)
	d.purge.Want()
}

// step takes one step in freeing the space of the first dropped database.
func (d *dropped) step(w *maintenance.Work) (more bool, err error) {
	var number int64
	var table string
	err = w.Conn.Query("SELECT number, table_left FROM drops ORDER BY number LIMIT 1", func(row []driver.Value) error {
		number, _ = row[0].(int64)
		table, _ = row[1].(string)
		return nil
	})
	if err != nil {
		return false, err
	}
	if number == 0 {
		d.pending.Store(0)
		return false, nil
	}
	took, err := w.Transact(func() error { return d.shrink(w, number, table) })
	if err != nil {
		return false, err
	}
	d.pace.Took(took)
	return true, nil
}

// shrink deletes some rows of a dropped database, or the rest of it once they are gone.
func (d *dropped) shrink(w *maintenance.Work, number int64, table string) error {
	c := w.Conn
	for _, slot := range []schema.Slot{0, 1} {
		n, err := reembed.Empty(c, number, slot, d.pace.N)
		if err != nil || n > 0 {
			return err
		}
	}
	for _, empty := range vectorTables {
		if n, err := empty(c, number, d.pace.N); err != nil || n > 0 {
			return err
		}
	}
	for _, sql := range []string{
		`DELETE FROM keys WHERE number = ?1 AND key IN
		(SELECT key FROM keys WHERE number = ?1 LIMIT ?2)`,
		`DELETE FROM changes WHERE number = ?1 AND sequence IN
		(SELECT sequence FROM changes WHERE number = ?1 LIMIT ?2)`,
		`DELETE FROM expiries WHERE number = ?1 AND chunk_id IN
		(SELECT chunk_id FROM expiries WHERE number = ?1 LIMIT ?2)`,
		`DELETE FROM reembed_again WHERE number = ?1 AND chunk_id IN
		(SELECT chunk_id FROM reembed_again WHERE number = ?1 LIMIT ?2)`,
	} {
		if n, err := c.ExecCount(sql, number, d.pace.N); err != nil || n > 0 {
			return err
		}
	}
	if table != "" {
		n, err := c.ExecCount("DELETE FROM "+table+" WHERE chunk_id IN (SELECT chunk_id FROM "+table+" LIMIT ?)", d.pace.N)
		if err != nil || n > 0 {
			return err
		}
		w.ChangesSchema()
		if err := c.Script("DROP TABLE " + table); err != nil {
			return err
		}
	}
	if err := c.Exec("DELETE FROM reembeds WHERE number = ?", number); err != nil {
		return err
	}
	d.pending.Add(-1)
	return c.Exec("DELETE FROM drops WHERE number = ?", number)
}
