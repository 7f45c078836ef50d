package fts

import (
	"cmp"
	"database/sql/driver"
	"slices"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Batch keeps the text indexes of a database in step with one batch of changes. A nil one
// is for a database without full text.
type Batch struct {
	c           *conn.Conn
	available   bool // this build has FTS5
	indexes     []Index
	first       int64 // id of the first chunk that is new in this batch
	invalidated bool  // this batch has made an index stale
	tombstones  bool  // this batch has taken rows out of an index
}

// OpenBatch returns the Batch for one whose new chunks begin at id first.
func (x *Indexes) OpenBatch(c *conn.Conn, db domain.Database, first int64) (*Batch, error) {
	if !x.Has(db) {
		return nil, nil
	}
	b := &Batch{c: c, available: x.available, first: first}
	err := c.Query("SELECT "+indexColumns+" FROM text_indexes WHERE number = ? AND indexed >= 0", func(row []driver.Value) error {
		b.indexes = append(b.indexes, scanIndex(row))
		return nil
	}, db.Number)
	return b, err
}

// Committed has the maintenance done that a committed batch has made necessary.
func (x *Indexes) Committed(b *Batch) {
	if b == nil {
		return
	}
	if b.invalidated {
		x.Build.Want()
	}
	if b.tombstones && x.purges {
		x.Purge.Want()
	}
}

// Remove takes chunks out of the indexes. Those that are not in them do not matter.
func (b *Batch) Remove(ids []int64) error {
	if b == nil || len(ids) == 0 {
		return nil
	}
	for i := range b.indexes {
		ix := &b.indexes[i]
		err := b.change(ix, func() error {
			b.tombstones = true
			return b.c.Exec("DELETE FROM "+ix.Table()+" WHERE rowid IN (SELECT value FROM json_each(?))", schema.IDList(ids))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Write puts the texts of chunks that the batch has stored into the indexes. It comes
// after all rows of the batch, because FTS5 writes what it has collected whenever another
// statement needs a savepoint, and few big writes make a better index than many small ones.
func (b *Batch) Write(chunks []domain.Chunk, ids []int64, written []bool) error {
	if b == nil || len(b.indexes) == 0 || len(ids) == 0 {
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
	for i := range b.indexes {
		if err := b.writeTo(&b.indexes[i], last); err != nil {
			return err
		}
	}
	return nil
}

// writeTo puts rows, in the order of their ids, into an index; those that it has not got
// to yet come later.
func (b *Batch) writeTo(ix *Index, rows []textRow) error {
	for len(rows) > 0 && rows[len(rows)-1].id > ix.indexed {
		rows = rows[:len(rows)-1]
	}
	if len(rows) == 0 {
		return nil
	}
	return b.change(ix, func() error {
		for _, r := range rows {
			replaces := r.id < b.first
			b.tombstones = b.tombstones || replaces
			if err := ix.insert(b.c, r, replaces); err != nil {
				return err
			}
		}
		return nil
	})
}

// change calls fn to change an index. If the index turns out to be damaged it is given up
// and made again from the rows, which are the truth: no write fails for it. So it is where
// this build cannot change it.
func (b *Batch) change(ix *Index, fn func() error) error {
	if ix.indexed < 0 {
		return nil
	}
	if !b.available {
		return b.invalidate(ix)
	}
	if err := b.c.Exec("SAVEPOINT text"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		// FTS5 now writes what it has collected, so that an error shows here and not in the
		// commit, where it would hit every request in the group.
		err = b.c.Exec("SAVEPOINT flush")
	}
	if conn.PrimaryCode(err) == conn.CodeCorrupt {
		// FTS5 forgets what it has collected, too.
		if err := b.c.Exec("ROLLBACK TO text"); err != nil {
			return err
		}
		err = b.invalidate(ix)
	}
	if err != nil {
		return err
	}
	return b.c.Exec("RELEASE text")
}

// invalidate makes an index stale.
func (b *Batch) invalidate(ix *Index) error {
	b.invalidated = true
	return ix.mark(b.c, stale)
}
