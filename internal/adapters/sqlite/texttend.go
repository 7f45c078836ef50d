package sqlite

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// tendText takes one step in making the first text index that is not whole: what is in
// it and of no use is removed, then rows are added until all are in it. That of a
// dropped database is removed. A build without FTS5 can only do the first.
func (k *keeper) tendText() error {
	c := k.w.conn
	number, indexed, id, err := k.nextText()
	if err != nil {
		return err
	}
	if number == 0 {
		k.texts, k.freed = false, true
		return nil
	}
	begin := time.Now()
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	switch indexed {
	case textStale:
		err = k.emptyText(number)
	case textEmpty:
		err = k.makeText(number, id)
	default:
		err = k.fillText(number, indexed, tableName(id))
	}
	if err != nil {
		return err
	}
	if err := c.exec("COMMIT"); err != nil {
		return err
	}
	k.committed()
	switch took := time.Since(begin); {
	case took > slowStep:
		k.textRows = max(k.textRows/2, 1)
	case took < fastStep:
		k.textRows = min(k.textRows*2, maxRows)
	}
	return nil
}

// nextText returns the first text index that there is something to do for; id is "" if
// its database was dropped.
func (k *keeper) nextText() (number, indexed int64, id string, err error) {
	can := int64(0)
	if k.w.store.fts {
		can = 1
	}
	err = k.w.conn.query(`SELECT t.number, t.indexed, d.id FROM text_indexes t LEFT JOIN databases d ON d.number = t.number
		WHERE t.indexed < ? AND (t.indexed = ? OR ?) ORDER BY t.number LIMIT 1`, func(row []driver.Value) error {
		number, _ = row[0].(int64)
		indexed, _ = row[1].(int64)
		id, _ = row[2].(string)
		return nil
	}, textWhole, textStale, can)
	return number, indexed, id, err
}

// emptyIndex makes what is in a text index that of one without rows, as FTS5 makes it.
const emptyIndex = "INSERT OR REPLACE INTO %s_data (id, block) VALUES (1, x''), (10, x'00000000FF000001000000')"

// emptyText deletes some of what a text index holds, or notes that nothing is left. It
// goes behind FTS5's back, which would need one long transaction for it, and which a
// build may lack; nobody uses an index in this state.
func (k *keeper) emptyText(number int64) error {
	c, name := k.w.conn, textName(number)
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
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE number = ?", textEmpty, number)
}

// makeText makes an empty text index that rows can be added to; that of a dropped
// database is removed.
func (k *keeper) makeText(number int64, id string) error {
	c, name := k.w.conn, textName(number)
	k.reshape()
	if err := c.script("DROP TABLE IF EXISTS " + name); err != nil {
		return err
	}
	if id == "" {
		return c.exec("DELETE FROM text_indexes WHERE number = ?", number)
	}
	if err := c.script(fmt.Sprintf(textTable, name)); err != nil {
		return err
	}
	return c.exec("UPDATE text_indexes SET indexed = 0 WHERE number = ?", number)
}

// fillText adds the texts of some rows after indexed, or notes that all are there.
func (k *keeper) fillText(number, indexed int64, table string) error {
	c := k.w.conn
	last, _, err := c.integer("SELECT max(chunk_id) FROM (SELECT chunk_id FROM "+table+" WHERE chunk_id > ? ORDER BY chunk_id LIMIT ?)", indexed, k.textRows)
	if err != nil {
		return err
	}
	if last == 0 {
		last = textWhole
	} else {
		err = c.exec("INSERT INTO "+textName(number)+" (rowid, text) SELECT chunk_id, text FROM "+table+
			" WHERE chunk_id > ? AND chunk_id <= ?", indexed, last)
		if err != nil {
			return err
		}
	}
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE number = ?", last, number)
}
