package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/fulltext"
)

// tendText takes one step in making the first text index that is not whole: what is in
// it and of no use is removed, then rows are added until all are in it. That of a
// dropped database is removed. A build without FTS5 can only do the first.
func (k *keeper) tendText() error {
	c := k.w.conn
	ix, id, err := k.nextText()
	if err != nil {
		return err
	}
	if ix.number == 0 {
		k.texts, k.freed = false, true
		return nil
	}
	begin := time.Now()
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	switch ix.indexed {
	case textStale:
		err = k.emptyText(&ix)
	case textEmpty:
		err = k.makeText(&ix, id)
	default:
		err = k.fillText(&ix, tableName(id))
	}
	if err != nil {
		return err
	}
	if err := c.exec("COMMIT"); err != nil {
		return err
	}
	k.committed()
	if ix.purpose == textNext {
		k.w.store.preparing.report(&ix)
	}
	switch took := time.Since(begin); {
	case took > slowStep:
		k.textRows = max(k.textRows/2, 1)
	case took < fastStep:
		k.textRows = min(k.textRows*2, maxRows)
	}
	return nil
}

// nextText returns the first text index that there is something to do for; id is "" if
// its database was dropped. Those that are retired come last.
func (k *keeper) nextText() (ix textIndex, id string, err error) {
	can := int64(0)
	if k.w.store.fts {
		can = 1
	}
	err = k.w.conn.query(`SELECT t.number, t.slot, t.analyzer, t.purpose, t.indexed, d.id FROM text_indexes t LEFT JOIN databases d ON d.number = t.number
		WHERE t.indexed < ? AND (t.indexed = ? OR ?) ORDER BY t.purpose DESC, t.number, t.slot LIMIT 1`, func(row []driver.Value) error {
		ix = scanText(row)
		id, _ = row[5].(string)
		return nil
	}, textWhole, textStale, can)
	return ix, id, err
}

// emptyIndex makes what is in a text index that of one without rows, as FTS5 makes it.
const emptyIndex = "INSERT OR REPLACE INTO %s_data (id, block) VALUES (1, x''), (10, x'00000000FF000001000000')"

// emptyText deletes some of what a text index holds, or notes that nothing is left. It
// goes behind FTS5's back, which would need one long transaction for it, and which a
// build may lack; nobody uses an index in this state.
func (k *keeper) emptyText(ix *textIndex) error {
	c, name := k.w.conn, ix.name()
	if err := c.script(fmt.Sprintf(emptyIndex, name)); err != nil {
		return err
	}
	left := false
	for _, sql := range []string{
		"DELETE FROM " + name + "_docsize WHERE id IN (SELECT id FROM " + name + "_docsize LIMIT ?)",
		"DELETE FROM " + name + "_data WHERE id IN (SELECT id FROM " + name + "_data WHERE id NOT IN (1, 10) LIMIT ?)",
		"DELETE FROM " + name + "_idx WHERE (segid, term) IN (SELECT segid, term FROM " + name + "_idx LIMIT ?)",
	} {
		n, err := c.execCount(sql, k.textRows)
		if err != nil {
			return err
		}
		left = left || n == k.textRows
	}
	if left {
		return nil
	}
	return ix.mark(c, textEmpty)
}

// makeText makes an empty text index that rows can be added to; one that is retired, or
// that of a dropped database, is removed.
func (k *keeper) makeText(ix *textIndex, id string) error {
	c, name := k.w.conn, ix.name()
	k.reshape()
	if err := c.script("DROP TABLE IF EXISTS " + name); err != nil {
		return err
	}
	if id == "" || ix.purpose == textRetired {
		return c.exec("DELETE FROM text_indexes WHERE number = ? AND slot = ?", ix.number, ix.slot)
	}
	if ix.purpose == textSearched { // what is in the file may be of another version
		db, _, _, err := lookUp(c, id)
		if err != nil {
			return err
		}
		if ix.analyzer, err = fulltext.Of(db.FullText); err != nil {
			return err
		}
	}
	if err := c.script(ix.analyzer.Table(name)); err != nil {
		return err
	}
	ix.indexed = 0
	return c.exec("UPDATE text_indexes SET indexed = 0, analyzer = ? WHERE number = ? AND slot = ?", ix.analyzer.Name(), ix.number, ix.slot)
}

// fillBytes bounds the texts that one step adds to an index.
const fillBytes = 4 << 20

// fillText adds the texts of some rows after indexed, or notes that all are there.
func (k *keeper) fillText(ix *textIndex, table string) error {
	c := k.w.conn
	var rows []textRow
	bytes := 0
	err := c.query("SELECT chunk_id, text FROM "+table+" WHERE chunk_id > ? ORDER BY chunk_id LIMIT ?", func(row []driver.Value) error {
		id, _ := row[0].(int64)
		text, _ := row[1].(string)
		rows = append(rows, textRow{id, text})
		if bytes += len(text); bytes > fillBytes {
			return errEnough
		}
		return nil
	}, ix.indexed, k.textRows)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	for _, r := range rows {
		if err := insertText(c, ix, r, false); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return ix.mark(c, textWhole)
	}
	return ix.mark(c, rows[len(rows)-1].id)
}
