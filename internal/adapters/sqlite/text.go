package sqlite

import (
	"cmp"
	"database/sql/driver"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/sqlite/fulltext"
	"github.com/memista/memista/internal/domain"
)

// textIndexesTable said of each database with full text, up to schema version 4, up to
// which chunk its texts were in its text index.
const textIndexesTable = `CREATE TABLE text_indexes (
	number  INTEGER PRIMARY KEY,
	indexed INTEGER NOT NULL
) STRICT;`

// textSlotsTable lets a database have more than one text index, each in a slot of its own:
// the one that is searched, one that is being made to take its place, and those that are
// being removed. It says who made the tokens in it, and up to which chunk the texts of the
// database are in it, or one of the states below.
const textSlotsTable = `CREATE TABLE text_slots (
	number   INTEGER NOT NULL,
	slot     INTEGER NOT NULL,
	analyzer TEXT NOT NULL,
	purpose  INTEGER NOT NULL,
	indexed  INTEGER NOT NULL,
	PRIMARY KEY (number, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO text_slots SELECT number, 0, 'words 1', 2, indexed FROM text_indexes;
DROP TABLE text_indexes;
ALTER TABLE text_slots RENAME TO text_indexes;`

// What a text index is for.
const (
	textRetired  int64 = 0 // nothing: it is to be removed
	textNext     int64 = 1 // to be searched once it is whole and wanted; it does not outlive the store
	textSearched int64 = 2
)

// The states of a text index besides a chunk id.
const (
	textWhole int64 = math.MaxInt64 // every row is in it
	textStale int64 = -1            // what is in it is of no use: rows were changed by a build without FTS5, or their database is gone
	textEmpty int64 = -2            // nothing is in it, and its table may not exist
)

// textIndex is one text index of a database.
type textIndex struct {
	number, slot int64
	analyzer     *fulltext.Analyzer // nil: it is none of this build
	purpose      int64
	indexed      int64
}

// textColumns are the columns that scanText reads.
const textColumns = "number, slot, analyzer, purpose, indexed"

func scanText(row []driver.Value) (ix textIndex) {
	ix.number, _ = row[0].(int64)
	ix.slot, _ = row[1].(int64)
	name, _ := row[2].(string)
	ix.analyzer = fulltext.Named(name)
	ix.purpose, _ = row[3].(int64)
	ix.indexed, _ = row[4].(int64)
	return ix
}

// name returns the name of the table. FTS5 keeps it in tables of that name with _data,
// _idx, _docsize and _config behind it.
func (ix *textIndex) name() string {
	name := "text_" + strconv.FormatInt(ix.number, 10)
	if ix.slot > 0 {
		name += "_" + strconv.FormatInt(ix.slot, 10)
	}
	return name
}

// mark notes in the file how far the index is.
func (ix *textIndex) mark(c *conn, indexed int64) error {
	ix.indexed = indexed
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE number = ? AND slot = ?", indexed, ix.number, ix.slot)
}

// createText makes the text index of a new database, or notes that it is to be made by a
// build that can.
func (s *Store) createText(c *conn, number int64, t domain.Tokenizer) error {
	a, err := fulltext.Of(t)
	if err != nil {
		return err
	}
	ix := textIndex{number: number, indexed: textEmpty}
	if s.fts {
		ix.indexed = textWhole
		if err := c.script(a.Table(ix.name())); err != nil {
			return err
		}
	}
	return c.exec("INSERT INTO text_indexes ("+textColumns+") VALUES (?, ?, ?, ?, ?)", number, ix.slot, a.Name(), textSearched, ix.indexed)
}

// staleText marks what is in the text indexes of a database as of no use.
func staleText(c *conn, number int64) error {
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE number = ? AND indexed >= 0", textStale, number)
}

// reviewTexts marks, when the file is opened, the text indexes that are of no use: those
// that were being made when it was closed, and those whose tokens this build would make in
// another way.
func reviewTexts(c *conn) error {
	err := c.exec("UPDATE text_indexes SET purpose = ?, indexed = min(indexed, ?) WHERE purpose = ?", textRetired, textStale, textNext)
	if err != nil {
		return err
	}
	known := fulltext.Names()
	args := []any{textStale}
	for _, name := range known {
		args = append(args, name)
	}
	return c.exec("UPDATE text_indexes SET indexed = ? WHERE indexed >= 0 AND analyzer NOT IN (?"+strings.Repeat(", ?", len(known)-1)+")", args...)
}

// textWriter keeps the text indexes of a database in step with one batch. A nil one is for
// a database without full text.
type textWriter struct {
	c       *conn
	can     bool // this build has FTS5
	indexes []textIndex
	first   int64 // id of the first chunk that is new in this batch
	stale   bool  // this batch has made an index stale
	dead    bool  // this batch has taken rows out of an index
}

// openText returns the textWriter for a batch whose new chunks begin at id first.
func (s *Store) openText(c *conn, db domain.Database, first int64) (*textWriter, error) {
	if db.FullText == "" && !s.preparing.has(db.Number) {
		return nil, nil
	}
	w := &textWriter{c: c, can: s.fts, first: first}
	err := c.query("SELECT "+textColumns+" FROM text_indexes WHERE number = ? AND indexed >= 0", func(row []driver.Value) error {
		w.indexes = append(w.indexes, scanText(row))
		return nil
	}, db.Number)
	return w, err
}

// remove takes chunks out of the indexes. Those that are not in them do not matter.
func (w *textWriter) remove(ids []int64) error {
	if w == nil || len(ids) == 0 {
		return nil
	}
	for i := range w.indexes {
		ix := &w.indexes[i]
		err := w.change(ix, func() error {
			w.dead = true
			return w.c.exec("DELETE FROM "+ix.name()+" WHERE rowid IN (SELECT value FROM json_each(?))", idList(ids))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// textRow is a text to index.
type textRow struct {
	id   int64
	text string
}

// write brings the texts of chunks that the batch has stored into the indexes. It comes
// after all rows of the batch, because FTS5 writes what it has collected whenever another
// statement needs a savepoint, and few big writes make a better index than many small ones.
func (w *textWriter) write(chunks []domain.Chunk, ids []int64, written []bool) error {
	if w == nil || len(w.indexes) == 0 || len(ids) == 0 {
		return nil
	}
	rows := make([]textRow, 0, len(ids))
	for i, id := range ids {
		if written == nil || written[i] {
			rows = append(rows, textRow{id, chunks[i].Text})
		}
	}
	slices.SortStableFunc(rows, func(a, b textRow) int { return cmp.Compare(a.id, b.id) })
	last := rows[:0]
	for i, r := range rows {
		if i+1 == len(rows) || rows[i+1].id != r.id { // else it was written again
			last = append(last, r)
		}
	}
	for i := range w.indexes {
		if err := w.writeTo(&w.indexes[i], last); err != nil {
			return err
		}
	}
	return nil
}

// writeTo puts rows, in the order of their ids, into an index; those that it has not got
// to yet come later.
func (w *textWriter) writeTo(ix *textIndex, rows []textRow) error {
	for len(rows) > 0 && rows[len(rows)-1].id > ix.indexed {
		rows = rows[:len(rows)-1]
	}
	if len(rows) == 0 {
		return nil
	}
	return w.change(ix, func() error {
		for _, r := range rows {
			replaces := r.id < w.first
			w.dead = w.dead || replaces
			if err := insertText(w.c, ix, r, replaces); err != nil {
				return err
			}
		}
		return nil
	})
}

// insertText puts a text into an index.
func insertText(c *conn, ix *textIndex, r textRow, replaces bool) error {
	args := []any{r.id}
	for _, v := range ix.analyzer.Values(r.text) {
		args = append(args, v)
	}
	return c.exec(ix.analyzer.Insert(ix.name(), replaces), args...)
}

// change calls fn to change an index. If the index turns out to be damaged it is given up
// and made anew from the rows, which are the truth: no write fails for it. So it is where
// this build cannot change it.
func (w *textWriter) change(ix *textIndex, fn func() error) error {
	if ix.indexed < 0 {
		return nil
	}
	if !w.can {
		return w.spoil(ix)
	}
	if err := w.c.exec("SAVEPOINT text"); err != nil {
		return err
	}
	err := fn()
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
		err = w.spoil(ix)
	}
	if err != nil {
		return err
	}
	return w.c.exec("RELEASE text")
}

// spoil makes an index stale.
func (w *textWriter) spoil(ix *textIndex) error {
	w.stale = true
	return ix.mark(w.c, textStale)
}

// buried reports whether the batch has left words of rows in an index that are not there
// any more.
func (w *textWriter) buried() bool { return w != nil && w.dead }

// spoiled reports whether the batch has made an index stale.
func (w *textWriter) spoiled() bool { return w != nil && w.stale }
