//go:build cgo

package sqlite

import (
	"context"
	"errors"
	"sync/atomic"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
)

// CountPrepares counts how often SQLite prepares a statement on the connections from now
// on, that of the writer and those of the readers. The ones that are in the caches are
// prepared once more.
func (s *Store) CountPrepares() (writer, readers *atomic.Int64, err error) {
	writer, readers = new(atomic.Int64), new(atomic.Int64)
	watch := func(c *conn.Conn, count *atomic.Int64) error {
		raw, ok := c.Raw().(*sqlite3.SQLiteConn)
		if !ok {
			return errors.New("another driver")
		}
		raw.RegisterAuthorizer(func(op int, _, _, _ string) int {
			if op == sqlite3.SQLITE_SELECT || op == sqlite3.SQLITE_INSERT || op == sqlite3.SQLITE_UPDATE || op == sqlite3.SQLITE_DELETE {
				count.Add(1)
			}
			return sqlite3.SQLITE_OK
		})
		return nil
	}
	err = s.writer.Do(context.Background(), &commit.Request{Run: func(c *conn.Conn) error { return watch(c, writer) }})
	err = errors.Join(err, s.pool.Each(func(c *conn.Conn) error { return watch(c, readers) }))
	return writer, readers, err
}
