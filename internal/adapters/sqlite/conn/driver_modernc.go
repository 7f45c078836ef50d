//go:build !cgo

package conn

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Driver names the SQLite driver of this build.
const Driver = "modernc.org/sqlite"

// LibraryVersion returns the version of the SQLite library in this build.
func LibraryVersion() string { return lib.SQLITE_VERSION }

// OpenDriver opens one connection; its pragmas are set and checked by File.Open.
func OpenDriver(uri string) (driver.Conn, error) {
	return (&sqlite.Driver{}).Open(uri)
}

// execStmt runs a statement that returns no rows.
func execStmt(st driver.Stmt, args []driver.NamedValue) error {
	_, err := st.(driver.StmtExecContext).ExecContext(context.Background(), args)
	return err
}

// resultCode returns SQLite's extended result code inside err.
func resultCode(err error) (int, bool) {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code(), true
	}
	return 0, false
}
