package reembed

import (
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
)

// Replaced notes, in the transaction that writes the chunk id again, that its embedding in
// the slot beside the one in use is of another text.
func Replaced(c *conn.Conn, number int64, used schema.Slot, id int64) error {
	if err := c.Exec("DELETE FROM embeddings WHERE id = ?", used.Other().RowID(number, id)); err != nil {
		return err
	}
	return c.Exec("INSERT OR IGNORE INTO reembed_again (number, chunk_id) VALUES (?, ?)", number, id)
}

// Deleted takes the chunks in the JSON list ids, which a transaction deletes, out of the
// slot beside the one in use.
func Deleted(c *conn.Conn, number int64, used schema.Slot, ids string) error {
	err := c.Exec("DELETE FROM embeddings WHERE id IN (SELECT value + ? FROM json_each(?))", used.Other().RowID(number, 0), ids)
	if err != nil {
		return err
	}
	return c.Exec("DELETE FROM reembed_again WHERE number = ? AND chunk_id IN (SELECT value FROM json_each(?))", number, ids)
}

// Empty deletes at most n embeddings of a slot, and then of their checksums, and returns how
// many.
func Empty(c *conn.Conn, number int64, slot schema.Slot, n int64) (done int64, err error) {
	first, last := slot.RowIDs(number)
	for _, table := range []string{"embeddings", "reembedded"} {
		done, err = c.ExecCount("DELETE FROM "+table+" WHERE id IN (SELECT id FROM "+table+" WHERE id BETWEEN ? AND ? LIMIT ?)", first, last, n)
		if err != nil || done > 0 {
			break
		}
	}
	return done, err
}

// Purge returns the task that empties slots that are not in use.
func Purge() *maintenance.Task {
	pace := maintenance.Pace{N: 256, Min: 16, Max: 4096}
	return &maintenance.Task{Step: func(w *maintenance.Work) (more bool, err error) {
		var number int64
		var used schema.Slot
		err = w.Conn.Query("SELECT r.number, d.slot FROM reembeds r CROSS JOIN databases d ON d.number = r.number WHERE r.target = '' LIMIT 1", func(row []driver.Value) error {
			number, _ = row[0].(int64)
			slot, _ := row[1].(int64)
			used = schema.Slot(slot)
			return nil
		})
		if err != nil || number == 0 {
			return false, err
		}
		took, err := w.Transact(func() error { return purge(w.Conn, number, used.Other(), pace.N) })
		if err != nil {
			return false, err
		}
		pace.Took(took)
		return true, nil
	}}
}

// purge takes one step in emptying a slot.
func purge(c *conn.Conn, number int64, slot schema.Slot, n int64) error {
	done, err := Empty(c, number, slot, n)
	if err != nil || done > 0 {
		return err
	}
	done, err = c.ExecCount(`DELETE FROM reembed_again WHERE number = ?1 AND chunk_id IN
		(SELECT chunk_id FROM reembed_again WHERE number = ?1 LIMIT ?2)`, number, n)
	if err != nil || done > 0 {
		return err
	}
	return c.Exec("DELETE FROM reembeds WHERE number = ?", number)
}
