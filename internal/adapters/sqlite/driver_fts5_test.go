//go:build !cgo || sqlite_fts5 || fts5

package sqlite

import "github.com/memista/memista/internal/adapters/sqlite/conn"

// WithFullText is for a store with full text: that of this build.
func (o Options) WithFullText() *Options { return &o }

// WithoutFullText is for a store like that of a build without FTS5.
func (o Options) WithoutFullText() *Options {
	o.driver, o.fullText = conn.OpenDriver, false
	return &o
}
