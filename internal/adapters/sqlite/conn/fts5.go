//go:build !cgo || sqlite_fts5 || fts5

package conn

// HasFullText reports whether the SQLite of this build has FTS5, which full text needs.
const HasFullText = true
