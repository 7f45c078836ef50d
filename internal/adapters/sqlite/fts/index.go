package fts

import (
	"database/sql/driver"
	"math"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// What a text index is for.
const (
	retired  int64 = 0 // nothing: it is to be removed
	next     int64 = 1 // to be searched once it is whole and wanted; it does not outlive the store
	searched int64 = 2
)

// The states of a text index besides a chunk id.
const (
	whole int64 = math.MaxInt64 // every row is in it
	stale int64 = -1            // what is in it is of no use: rows were changed by a build without FTS5, or their database was dropped
	empty int64 = -2            // nothing is in it, and its table may not exist
)

// Index is one text index of a database.
type Index struct {
	Analyzer *analysis.Analyzer // nil: it is none of this build

	number, slot int64
	purpose      int64
	indexed      int64
}

// indexColumns are the columns that scanIndex reads.
const indexColumns = "number, slot, analyzer, purpose, indexed"

func scanIndex(row []driver.Value) (ix Index) {
	ix.number, _ = row[0].(int64)
	ix.slot, _ = row[1].(int64)
	name, _ := row[2].(string)
	ix.Analyzer = analysis.Named(name)
	ix.purpose, _ = row[3].(int64)
	ix.indexed, _ = row[4].(int64)
	return ix
}

// Table returns the name of the table. FTS5 keeps it in tables of that name with _data,
// _idx, _docsize and _config behind it.
func (ix *Index) Table() string {
	name := "text_" + strconv.FormatInt(ix.number, 10)
	if ix.slot > 0 {
		name += "_" + strconv.FormatInt(ix.slot, 10)
	}
	return name
}

// mark notes in the file how far the index is.
func (ix *Index) mark(c *conn.Conn, indexed int64) error {
	ix.indexed = indexed
	return c.Exec("UPDATE text_indexes SET indexed = ? WHERE number = ? AND slot = ?", indexed, ix.number, ix.slot)
}

// insert puts a text into the index.
func (ix *Index) insert(c *conn.Conn, r textRow, replaces bool) error {
	args := []any{r.id}
	for _, v := range ix.Analyzer.Values(r.text) {
		args = append(args, v)
	}
	return c.Exec(ix.Analyzer.Insert(ix.Table(), replaces), args...)
}

// textRow is a text to index.
type textRow struct {
	id   int64
	text string
}

// Invalidate marks what is in the text indexes of a database as of no use.
func Invalidate(c *conn.Conn, number int64) error {
	return c.Exec("UPDATE text_indexes SET indexed = ? WHERE number = ? AND indexed >= 0", stale, number)
}

// Review marks, when the file is opened, the text indexes that are of no use: those that
// were being made when it was closed, and those whose tokens this build would make in
// another way.
func Review(c *conn.Conn) error {
	err := c.Exec("UPDATE text_indexes SET purpose = ?, indexed = min(indexed, ?) WHERE purpose = ?", retired, stale, next)
	if err != nil {
		return err
	}
	known := analysis.Names()
	args := []any{stale}
	for _, name := range known {
		args = append(args, name)
	}
	return c.Exec("UPDATE text_indexes SET indexed = ? WHERE indexed >= 0 AND analyzer NOT IN (?"+strings.Repeat(", ?", len(known)-1)+")", args...)
}

// retire gives up the text indexes of a database that have the purpose.
func retire(c *conn.Conn, number, purpose int64) error {
	return c.Exec("UPDATE text_indexes SET purpose = ?, indexed = min(indexed, ?) WHERE number = ? AND purpose = ?", retired, stale, number, purpose)
}

// Switch has the text index that was prepared for t searched from now on, or with "" none.
func Switch(c *conn.Conn, db domain.Database, t domain.Tokenizer) error {
	if t == "" {
		return retire(c, db.Number, searched)
	}
	a, err := analysis.Of(t)
	if err != nil {
		return err
	}
	slot, found, err := c.Integer("SELECT slot FROM text_indexes WHERE number = ? AND purpose = ? AND analyzer = ? AND indexed = ?",
		db.Number, next, a.Name(), whole)
	if err == nil && !found {
		err = domain.TextsNotReady(db.ID)
	}
	if err == nil {
		err = retire(c, db.Number, searched)
	}
	if err != nil {
		return err
	}
	return c.Exec("UPDATE text_indexes SET purpose = ? WHERE number = ? AND slot = ?", searched, db.Number, slot)
}
