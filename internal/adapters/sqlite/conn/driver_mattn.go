//go:build cgo

package conn

import (
	"context"
	"database/sql/driver"
	"errors"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Driver names the SQLite driver of this build.
const Driver = "mattn/go-sqlite3"

// LibraryVersion returns the version of the SQLite library in this build.
func LibraryVersion() string {
	version, _, _ := sqlite3.Version()
	return version
}

// OpenDriver opens one connection. Without _synchronous this driver would set NORMAL; the pragmas of a connection are set and checked by File.Open. Each
// connection is used by one goroutine at a time, so it needs no mutex of its own.
func OpenDriver(uri string) (driver.Conn, error) {
	return (&sqlite3.SQLiteDriver{}).Open(uri + "&_synchronous=FULL&_mutex=no")
}

// execStmt runs a statement that returns no rows. This driver binds the arguments of a
// query and takes its first step in one crossing into C, and those of an Exec one by one.
func execStmt(st driver.Stmt, args []driver.NamedValue) error {
	rows, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	return rows.Close()
}

// resultCode returns SQLite's extended result code inside err.
func resultCode(err error) (int, bool) {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		if e.ExtendedCode != 0 {
			return int(e.ExtendedCode), true
		}
		return int(e.Code), true
	}
	return 0, false
}
