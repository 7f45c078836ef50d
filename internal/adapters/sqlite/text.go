package sqlite

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/memista/memista/internal/domain"
)

// textIndexesTable says of each database with full text up to which chunk its texts are
// in its text index, or one of the states below.
const textIndexesTable = `CREATE TABLE text_indexes (
	number  INTEGER PRIMARY KEY,
	indexed INTEGER NOT NULL
) STRICT;`

// The states of a text index besides a chunk id.
const (
	textWhole int64 = math.MaxInt64 // every row is in it
	textStale int64 = -1            // what is in it is of no use: rows were changed by a build without FTS5, or their database is gone
	textEmpty int64 = -2            // nothing is in it, and its table may not exist
)

// textTable is the SQL that makes a text index. It holds words only and no texts, and
// removes a row without being told what was in it.
const textTable = `CREATE VIRTUAL TABLE %s USING fts5 (
	text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
)`

// textName returns the name of the text index of a database. FTS5 keeps it in tables of
// that name with _data, _idx, _docsize and _config behind it.
func textName(number int64) string { return "text_" + strconv.FormatInt(number, 10) }

// createText makes the text index of a new database, or notes that it is to be made by a
// build that can.
func (s *Store) createText(c *conn, number int64) error {
	state := textEmpty
	if s.fts {
		state = textWhole
		if err := c.script(fmt.Sprintf(textTable, textName(number))); err != nil {
			return err
		}
	}
	return c.exec("INSERT INTO text_indexes (number, indexed) VALUES (?, ?)", number, state)
}

// textState returns up to where the texts of a database are indexed.
func textState(c *conn, number int64) (int64, error) {
	indexed, found, err := c.integer("SELECT indexed FROM text_indexes WHERE number = ?", number)
	if err == nil && !found {
		err = fmt.Errorf("text index of database number %d: %w", number, domain.ErrCorrupt)
	}
	return indexed, err
}

// staleText marks what is in a text index as of no use.
func staleText(c *conn, number int64) error {
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE number = ? AND indexed >= 0", textStale, number)
}

// textWriter keeps the text index of a database in step with one batch. A nil one is for
// a database without full text.
type textWriter struct {
	c       *conn
	can     bool // this build has FTS5
	number  int64
	rows    string // table of the chunks
	indexed int64
	first   int64 // id of the first chunk that is new in this batch
	stale   bool  // this batch has made the index stale
	dead    bool  // this batch has taken rows out of the index
}

// openText returns the textWriter for a batch whose new chunks begin at id first.
func (s *Store) openText(c *conn, db domain.Database, first int64) (*textWriter, error) {
	if !db.FullText {
		return nil, nil
	}
	indexed, err := textState(c, db.Number)
	return &textWriter{c: c, can: s.fts, number: db.Number, rows: tableName(db.ID), indexed: indexed, first: first}, err
}

// remove takes chunks out of the index. Those that are not in it do not matter.
func (w *textWriter) remove(ids []int64) error {
	if w == nil || w.indexed < 0 || len(ids) == 0 {
		return nil
	}
	if !w.can {
		return w.spoil()
	}
	w.dead = true
	return w.change("DELETE FROM "+textName(w.number)+" WHERE rowid IN (SELECT value FROM json_each(?))", idList(ids))
}

// write brings the texts of chunks that the batch has stored into the index. It comes
// after all rows of the batch, because FTS5 writes what it has collected whenever another
// statement needs a savepoint, and few big writes make a better index than many small ones.
func (w *textWriter) write(ids []int64, written []bool, next int64) error {
	if w == nil || w.indexed < 0 || len(ids) == 0 {
		return nil
	}
	var replaced []int64
	for i, id := range ids {
		if id < w.first && id <= w.indexed && (written == nil || written[i]) {
			replaced = append(replaced, id)
		}
	}
	last := min(next-1, w.indexed)
	if len(replaced) == 0 && last < w.first {
		return nil
	}
	if !w.can {
		return w.spoil()
	}
	const insert = " (rowid, text) SELECT chunk_id, text FROM "
	if len(replaced) > 0 {
		w.dead = true
		slices.Sort(replaced)
		err := w.change("INSERT OR REPLACE INTO "+textName(w.number)+insert+w.rows+
			" WHERE chunk_id IN (SELECT value FROM json_each(?))", idList(replaced))
		if err != nil {
			return err
		}
	}
	if last < w.first {
		return nil
	}
	return w.change("INSERT INTO "+textName(w.number)+insert+w.rows+" WHERE chunk_id BETWEEN ? AND ?", w.first, last)
}

// change runs a statement on the index. If the index turns out to be damaged it is given
// up and made anew from the rows, which are the truth: no write fails for it.
func (w *textWriter) change(sql string, args ...any) error {
	if w.indexed < 0 {
		return nil
	}
	if err := w.c.exec("SAVEPOINT text"); err != nil {
		return err
	}
	err := w.c.exec(sql, args...)
	if err == nil {
		// FTS5 now writes what it has collected, so that an error shows here and not in the
		// commit, where it would hit everybody in the group.
		err = w.c.exec("SAVEPOINT flush")
	}
	if primaryCode(err) == codeCorrupt {
		// FTS5 forgets what it has collected, too.
		if err := w.c.exec("ROLLBACK TO text"); err != nil {
			return err
		}
		err = w.spoil()
	}
	if err != nil {
		return err
	}
	return w.c.exec("RELEASE text")
}

// spoil makes the index stale.
func (w *textWriter) spoil() error {
	w.indexed, w.stale = textStale, true
	return staleText(w.c, w.number)
}

// buried reports whether the batch has left words of rows in the index that are not there
// any more.
func (w *textWriter) buried() bool { return w != nil && w.dead }

// spoiled reports whether the batch has made the index stale.
func (w *textWriter) spoiled() bool { return w != nil && w.stale }
