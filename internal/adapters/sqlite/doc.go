// Package sqlite keeps databases and chunks in one SQLite file: the rows that everything
// else in memista is a projection of.
//
// One goroutine with one connection writes. It drains its queue into one transaction
// (group commit), runs each request in a SAVEPOINT of its own, commits with one fsync,
// and then tells the waiters. A few read-only connections read beside it; the file is in
// WAL mode, so readers and the writer never wait for each other.
//
// The driver is mattn/go-sqlite3 in builds with cgo and modernc.org/sqlite in builds
// without; both write the same files. DESIGN.md beside this file holds the layout of the
// tables and what was measured.
package sqlite
