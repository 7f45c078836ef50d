package fts

import (
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
)

// A text index notes which rows are deleted and keeps their words until it merges the
// segments that they are in. With secure_delete they are merged soon.

// firstTombstone is the first id, in the data of a text index, of the pages that note
// deleted rows: FTS5 gives their segments numbers from 65,536 on, above 37 bits of page
// number.
const firstTombstone int64 = 65536 << 37

// mostPurged bounds the pages that one step merges.
const mostPurged = 1024

// purger merges the indexes that hold words of deleted rows.
type purger struct {
	build *maintenance.Task
	pace  maintenance.Pace
	done  Index // up to which indexes need no more merging in this round
}

// step takes one step in merging the first text index that holds words of deleted rows:
// all of it becomes one segment, without them.
func (p *purger) step(w *maintenance.Work) (more bool, err error) {
	ix, err := p.next(w.Conn)
	if err != nil {
		return false, err
	}
	if ix.number == 0 {
		p.done = Index{}
		return false, nil
	}
	var changed int64
	var damaged bool
	took, err := w.Transact(func() (err error) {
		changed, err = merge(w.Conn, ix.Table(), p.pace.N)
		damaged = conn.PrimaryCode(err) == conn.CodeCorrupt
		return err
	})
	if damaged { // it is made again from the rows, which are the truth
		if err := w.Conn.Exec("ROLLBACK"); err != nil {
			return false, err
		}
		p.build.Want()
		return true, ix.mark(w.Conn, stale)
	}
	if err != nil {
		return false, err
	}
	if changed < 2 { // FTS5 says so where it sees nothing to merge; on to the next
		p.done = ix
	}
	p.pace.Took(took)
	return true, nil
}

// merge merges so many pages of an index, and returns how many rows that inserted, updated
// or deleted.
func merge(c *conn.Conn, name string, pages int64) (int64, error) {
	const count = "SELECT total_changes()"
	before, _, err := c.Integer(count)
	if err != nil {
		return 0, err
	}
	if err := c.Exec("INSERT INTO "+name+" ("+name+", rank) VALUES ('merge', ?)", -pages); err != nil {
		return 0, err
	}
	after, _, err := c.Integer(count)
	return after - before, err
}

// next returns the first text index that holds words of deleted rows, or one of no
// database. Those that are not whole are for the builder.
func (p *purger) next(c *conn.Conn) (Index, error) {
	var indexes []Index
	err := c.Query("SELECT "+indexColumns+" FROM text_indexes WHERE indexed >= 0 AND (number, slot) > (?, ?) ORDER BY number, slot", func(row []driver.Value) error {
		indexes = append(indexes, scanIndex(row))
		return nil
	}, p.done.number, p.done.slot)
	if err != nil {
		return Index{}, err
	}
	for _, ix := range indexes {
		_, found, err := c.Integer("SELECT 1 FROM "+ix.Table()+"_data WHERE id >= ? LIMIT 1", firstTombstone)
		if err != nil || found {
			return ix, err
		}
	}
	return Index{}, nil
}
