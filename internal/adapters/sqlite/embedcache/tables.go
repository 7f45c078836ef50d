package embedcache

import (
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
)

// tables are there only while a cache is kept. key is the hash of what an embedding depends
// on, used the hour since 1970 in which it was last asked for, size about what it takes,
// and bytes the sum of all sizes. The keys are apart from the embeddings, so that noting a
// use does not write those again.
const tables = `BEGIN IMMEDIATE;
CREATE TABLE cached_texts (
	key  BLOB NOT NULL PRIMARY KEY,
	id   INTEGER NOT NULL,
	used INTEGER NOT NULL,
	size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cached_texts_by_use ON cached_texts (used, id);
CREATE TABLE cached_embeddings (
	id        INTEGER PRIMARY KEY,
	crc       INTEGER NOT NULL,
	embedding BLOB NOT NULL
) STRICT;
CREATE TABLE cached_bytes (bytes INTEGER NOT NULL) STRICT;
INSERT INTO cached_bytes VALUES (0);
COMMIT`

// Prepare makes the tables if c is to keep something and they are not there. It comes
// before readers are opened.
func (c *Cache) Prepare(w *conn.Conn) error {
	_, there, err := w.Integer("SELECT 1 FROM sqlite_schema WHERE name = 'cached_bytes'")
	if err != nil {
		return err
	}
	c.there = there || c.bound > 0
	if there || c.bound == 0 {
		return nil
	}
	if err := w.Script(tables); err != nil {
		_ = w.Script("ROLLBACK") // fails if SQLite has done it already
		return err
	}
	return nil
}

// trimStep takes one step of bringing what is there under the bound, or out of the file
// where nothing is to be kept. What cannot be read is left.
func (c *Cache) trimStep(w *maintenance.Work) (more bool, err error) {
	if !c.there || c.bound == 0 && !c.unwanted {
		return false, nil
	}
	bytes, _, err := w.Conn.Integer("SELECT bytes FROM cached_bytes")
	if err == nil && bytes <= c.bound && c.bound > 0 {
		return false, nil
	}
	if err == nil {
		more, err = c.less(w, bytes)
	}
	if conn.PrimaryCode(err) == conn.CodeCorrupt {
		c.there = false
	}
	return more, err
}

// less removes some of what is there, and in the end the tables if nothing is to be kept.
func (c *Cache) less(w *maintenance.Work, bytes int64) (more bool, err error) {
	if bytes == 0 {
		w.ChangesSchema()
	}
	took, err := w.Transact(func() error {
		if bytes > 0 {
			more, err = shrink(w.Conn, c.bound, c.pace.N)
			more = more || c.bound == 0
			return err
		}
		return w.Conn.Script("DROP TABLE cached_texts; DROP TABLE cached_embeddings; DROP TABLE cached_bytes")
	})
	if bytes == 0 && err == nil {
		c.there = false
	}
	c.pace.Took(took)
	return more, err
}
