// Package conn opens connections to the data file and runs statements on them: one
// connection that writes, and a pool of connections that read.
//
// The driver is mattn/go-sqlite3 in builds with cgo and modernc.org/sqlite in builds
// without; nothing outside this package knows which.
package conn
