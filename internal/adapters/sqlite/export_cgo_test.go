//go:build cgo

package sqlite

import (
	"context"
	"errors"
	"sync/atomic"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// CountPrepares counts how often SQLite prepares a statement on the connections from now
// on, that of the writer and those of the readers. The ones that are in the caches are
// prepared once more.
func (s *Store) CountPrepares() (writer, readers *atomic.Int64, err error) {
	writer, readers = new(atomic.Int64), new(atomic.Int64)
	watch := func(c *conn, count *atomic.Int64) error {
		raw, ok := c.c.(*sqlite3.SQLiteConn)
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
	err = s.do(context.Background(), &request{run: func(c *conn) error { return watch(c, writer) }})
	for range s.options.Readers {
		c := <-s.readers // the next one comes first the next time
		err = errors.Join(err, watch(c, readers))
		s.readers <- c
	}
	return writer, readers, err
}
