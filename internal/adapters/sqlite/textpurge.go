package sqlite

import (
	"database/sql/driver"
	"time"
)

// A text index notes which rows are deleted and keeps their words until it merges the
// segments that they are in. With secure_delete the keeper merges them soon.

// tombstones is the first id, in the data of a text index, of the pages that note deleted
// rows: FTS5 gives their segments numbers from 65,536 on, above 37 bits of page number.
const tombstones int64 = 65536 << 37

// mostPurged bounds the pages that one step merges.
const mostPurged = 1024

// purges reports whether words of deleted rows are to go from text indexes.
func (s *Store) purges() bool { return s.fts && s.options.SecureDelete }

// purgeText takes one step in merging the first text index that holds words of deleted
// rows: all of it becomes one segment, without them.
func (k *keeper) purgeText() error {
	c := k.w.conn
	ix, err := k.nextPurge()
	if err != nil {
		return err
	}
	if ix.number == 0 {
		k.purging, k.purged, k.freed = false, textIndex{}, true
		return nil
	}
	begin := time.Now()
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	name := ix.name()
	changed, err := k.changes(func() error {
		return c.exec("INSERT INTO "+name+" ("+name+", rank) VALUES ('merge', ?)", -k.purgePages)
	})
	if primaryCode(err) == codeCorrupt { // it is made anew from the rows, which are the truth
		if err := c.exec("ROLLBACK"); err != nil {
			return err
		}
		k.texts = true
		return ix.mark(c, textStale)
	}
	if err != nil {
		return err
	}
	if err := c.exec("COMMIT"); err != nil {
		return err
	}
	k.w.counts.commit(k.w.store.syncs())
	if changed < 2 { // FTS5 says so where it sees nothing to merge; on to the next
		k.purged = ix
	}
	switch took := time.Since(begin); {
	case took > slowStep:
		k.purgePages = max(k.purgePages/2, 1)
	case took < fastStep:
		k.purgePages = min(k.purgePages*2, mostPurged)
	}
	return nil
}

// changes returns how many rows fn inserts, updates or deletes.
func (k *keeper) changes(fn func() error) (int64, error) {
	const count = "SELECT total_changes()"
	before, _, err := k.w.conn.integer(count)
	if err != nil {
		return 0, err
	}
	if err := fn(); err != nil {
		return 0, err
	}
	after, _, err := k.w.conn.integer(count)
	return after - before, err
}

// nextPurge returns the first text index that holds words of deleted rows, or one of no
// database. Those that are not whole are for tendText.
func (k *keeper) nextPurge() (textIndex, error) {
	var indexes []textIndex
	err := k.w.conn.query("SELECT "+textColumns+" FROM text_indexes WHERE indexed >= 0 AND (number, slot) > (?, ?) ORDER BY number, slot", func(row []driver.Value) error {
		indexes = append(indexes, scanText(row))
		return nil
	}, k.purged.number, k.purged.slot)
	if err != nil {
		return textIndex{}, err
	}
	for _, ix := range indexes {
		_, found, err := k.w.conn.integer("SELECT 1 FROM "+ix.name()+"_data WHERE id >= ? LIMIT 1", tombstones)
		if err != nil || found {
			return ix, err
		}
	}
	return textIndex{}, nil
}
