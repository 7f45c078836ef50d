package feed

import (
	"encoding/json"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// tables are made with the first feed. feeds has who reads: up to which sequence, and until when
// changes are kept for him. fed has what each batch changed since the first of them began, as
// the table changes has it for indexes, which forgets by other rules, and the keys of what was
// deleted as a JSON array, "" for none.
const tables = `CREATE TABLE feeds (
	number   INTEGER NOT NULL,
	feed     BLOB NOT NULL,
	sequence INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	PRIMARY KEY (number, feed)
) STRICT, WITHOUT ROWID;
CREATE TABLE fed (
	number   INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	hash     BLOB NOT NULL,
	written  BLOB NOT NULL,
	deleted  BLOB NOT NULL,
	keys     TEXT NOT NULL,
	PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID`

// Made reports whether there are the tables of feeds.
func Made(c *conn.Conn) (bool, error) {
	_, made, err := c.Integer("SELECT 1 FROM sqlite_schema WHERE name = 'fed'")
	return made, err
}

// Log notes, in the transaction of a batch, what the batch did to db. row is that of db before
// it. Where changes were kept for nobody but readers whose time is over, they are forgotten.
func Log(c *conn.Conn, db domain.Database, row schema.Row, written, deleted []int64, keys []string, now time.Time) error {
	if row.FedUntil == 0 {
		return nil
	}
	if row.FedUntil <= now.UnixMicro() {
		return Forget(c, db.Number)
	}
	list := ""
	if len(keys) > 0 {
		raw, err := json.Marshal(keys)
		if err != nil {
			return err
		}
		list = string(raw)
	}
	return c.Exec("INSERT INTO fed (number, sequence, hash, written, deleted, keys) VALUES (?, ?, ?, ?, ?, ?)",
		db.Number, db.Sequence, db.Hash[:], schema.EncodeIDs(written), schema.EncodeIDs(deleted), list)
}

// Forget ends all feeds of a database, in a transaction.
func Forget(c *conn.Conn, number int64) error {
	if made, err := Made(c); err != nil || !made {
		return err
	}
	if err := c.Exec("DELETE FROM feeds WHERE number = ?", number); err != nil {
		return err
	}
	if err := c.Exec("DELETE FROM fed WHERE number = ?", number); err != nil {
		return err
	}
	return c.Exec("UPDATE databases SET fed_until = 0 WHERE number = ?", number)
}

// settle forgets readers whose time is over, and the changes that all others have; number is
// of the database.
func settle(c *conn.Conn, number int64, now time.Time) error {
	if err := c.Exec("DELETE FROM feeds WHERE number = ? AND until <= ?", number, now.UnixMicro()); err != nil {
		return err
	}
	_, some, err := c.Integer("SELECT 1 FROM feeds WHERE number = ? LIMIT 1", number)
	if err != nil {
		return err
	}
	if !some {
		return Forget(c, number)
	}
	err = c.Exec("DELETE FROM fed WHERE number = ?1 AND sequence < (SELECT min(sequence) FROM feeds WHERE number = ?1)", number)
	if err != nil {
		return err
	}
	return c.Exec("UPDATE databases SET fed_until = (SELECT max(until) FROM feeds WHERE number = ?1) WHERE number = ?1", number)
}
