//go:build cgo && !sqlite_fts5 && !fts5

package sqlite

import (
	"database/sql/driver"

	"modernc.org/sqlite"
)

// WithFullText is for a store with full text, which this build has not: it takes the
// driver of the one without C.
func (o Options) WithFullText() *Options {
	o.driver, o.fullText = func(uri string) (driver.Conn, error) { return (&sqlite.Driver{}).Open(uri) }, true
	return &o
}

// WithoutFullText is for a store without full text: that of this build.
func (o Options) WithoutFullText() *Options { return &o }
