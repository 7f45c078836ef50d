package fts

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
)

// builder makes and removes text indexes.
type builder struct {
	available bool // this build has FTS5
	preparing *preparations
	pace      maintenance.Pace
}

// step takes one step in making the first text index that is not whole: what is in it and
// of no use is removed, then rows are added until all are in it. That of a dropped
// database is removed. A build without FTS5 can only do the first.
func (b *builder) step(w *maintenance.Work) (more bool, err error) {
	ix, id, err := b.next(w.Conn)
	if err != nil || ix.number == 0 {
		return false, err
	}
	took, err := w.Transact(func() error {
		switch ix.indexed {
		case stale:
			return b.clear(w.Conn, &ix)
		case empty:
			return create(w, &ix, id)
		default:
			return b.fill(w.Conn, &ix, schema.TableName(id))
		}
	})
	if err != nil {
		return false, err
	}
	if ix.purpose == next {
		b.preparing.report(&ix)
	}
	b.pace.Took(took)
	return true, nil
}

// next returns the first text index that there is something to do for; id is "" if its
// database was dropped. Those that are retired come last.
func (b *builder) next(c *conn.Conn) (ix Index, id string, err error) {
	can := int64(0)
	if b.available {
		can = 1
	}
	err = c.Query(`SELECT t.number, t.slot, t.analyzer, t.purpose, t.indexed, d.id FROM text_indexes t LEFT JOIN databases d ON d.number = t.number
		WHERE t.indexed < ? AND (t.indexed = ? OR ?) ORDER BY t.purpose DESC, t.number, t.slot LIMIT 1`, func(row []driver.Value) error {
		ix = scanIndex(row)
		id, _ = row[5].(string)
		return nil
	}, whole, stale, can)
	return ix, id, err
}

// emptyIndex makes what is in a text index that of one without rows, as FTS5 makes it.
const emptyIndex = "INSERT OR REPLACE INTO %s_data (id, block) VALUES (1, x''), (10, x'00000000FF000001000000')"

// clear deletes some of what a text index holds, or notes that nothing is left. It writes
// to FTS5's own tables, because FTS5 would need one long transaction for it, and a build
// may lack it; an index in this state is not used.
func (b *builder) clear(c *conn.Conn, ix *Index) error {
	name := ix.Table()
	if err := c.Script(fmt.Sprintf(emptyIndex, name)); err != nil {
		return err
	}
	left := false
	for _, sql := range []string{
		"DELETE FROM " + name + "_docsize WHERE id IN (SELECT id FROM " + name + "_docsize LIMIT ?)",
		"DELETE FROM " + name + "_data WHERE id IN (SELECT id FROM " + name + "_data WHERE id NOT IN (1, 10) LIMIT ?)",
		"DELETE FROM " + name + "_idx WHERE (segid, term) IN (SELECT segid, term FROM " + name + "_idx LIMIT ?)",
	} {
		n, err := c.ExecCount(sql, b.pace.N)
		if err != nil {
			return err
		}
		left = left || n == b.pace.N
	}
	if left {
		return nil
	}
	return ix.mark(c, empty)
}

// create makes an empty text index that rows can be added to; one that is retired, or that
// of a dropped database, is removed.
func create(w *maintenance.Work, ix *Index, id string) error {
	c, name := w.Conn, ix.Table()
	w.ChangesSchema()
	if err := c.Script("DROP TABLE IF EXISTS " + name); err != nil {
		return err
	}
	if id == "" || ix.purpose == retired {
		return c.Exec("DELETE FROM text_indexes WHERE number = ? AND slot = ?", ix.number, ix.slot)
	}
	if ix.purpose == searched { // what is in the file may be of another version
		db, _, _, err := schema.LookUp(c, id)
		if err != nil {
			return err
		}
		if ix.Analyzer, err = analysis.Of(db.FullText); err != nil {
			return err
		}
	}
	if err := c.Script(ix.Analyzer.Table(name)); err != nil {
		return err
	}
	ix.indexed = 0
	return c.Exec("UPDATE text_indexes SET indexed = 0, analyzer = ? WHERE number = ? AND slot = ?", ix.Analyzer.Name(), ix.number, ix.slot)
}

// fillBytes bounds the texts that one step adds to an index.
const fillBytes = 4 << 20

// fill adds the texts of some rows after indexed, or notes that all are there.
func (b *builder) fill(c *conn.Conn, ix *Index, table string) error {
	var rows []textRow
	bytes := 0
	err := c.Query("SELECT chunk_id, text FROM "+table+" WHERE chunk_id > ? ORDER BY chunk_id LIMIT ?", func(row []driver.Value) error {
		id, _ := row[0].(int64)
		text, _ := row[1].(string)
		rows = append(rows, textRow{id, text})
		if bytes += len(text); bytes > fillBytes {
			return conn.ErrEnough
		}
		return nil
	}, ix.indexed, b.pace.N)
	if err != nil && !errors.Is(err, conn.ErrEnough) {
		return err
	}
	for _, r := range rows {
		if err := ix.insert(c, r, false); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return ix.mark(c, whole)
	}
	return ix.mark(c, rows[len(rows)-1].id)
}
