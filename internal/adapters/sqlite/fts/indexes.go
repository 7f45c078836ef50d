package fts

import (
	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/domain"
)

// Indexes are the text indexes of a store.
type Indexes struct {
	// Build makes and removes indexes in small steps.
	Build *maintenance.Task
	// Purge merges the words of deleted rows away.
	Purge *maintenance.Task

	available bool // SQLite has FTS5
	purges    bool
	preparing preparations
}

// New returns the text indexes of a store. available says whether its SQLite has FTS5, and
// secureDelete that words of deleted rows are to go.
func New(available, secureDelete bool) *Indexes {
	x := &Indexes{available: available, purges: available && secureDelete}
	b := &builder{available: available, preparing: &x.preparing, pace: maintenance.Pace{N: 256, Min: 1, Max: 4096}}
	x.Build = &maintenance.Task{Step: b.step}
	p := &purger{build: x.Build, pace: maintenance.Pace{N: 16, Min: 1, Max: mostPurged}}
	x.Purge = &maintenance.Task{Step: p.step}
	return x
}

// Available reports whether the store's SQLite has FTS5.
func (x *Indexes) Available() bool { return x.available }

// Tasks returns the maintenance of the indexes.
func (x *Indexes) Tasks() maintenance.Tasks {
	if !x.purges {
		return maintenance.Tasks{x.Build}
	}
	return maintenance.Tasks{x.Build, x.Purge}
}

// Create makes the text index of a new database, or notes that it is to be made by a build
// that can.
func (x *Indexes) Create(c *conn.Conn, number int64, t domain.Tokenizer) error {
	a, err := analysis.Of(t)
	if err != nil {
		return err
	}
	ix := Index{number: number, indexed: empty}
	if x.available {
		ix.indexed = whole
		if err := c.Script(a.Table(ix.Table())); err != nil {
			return err
		}
	}
	return c.Exec("INSERT INTO text_indexes ("+indexColumns+") VALUES (?, ?, ?, ?, ?)", number, ix.slot, a.Name(), searched, ix.indexed)
}

// Has reports whether db has a text index, or one is being made for it.
func (x *Indexes) Has(db domain.Database) bool {
	return db.FullText != "" || x.preparing.has(db.Number)
}

// Drop marks the indexes of a database that is dropped, and Dropped follows the commit.
func (x *Indexes) Drop(c *conn.Conn, db domain.Database) error {
	if !x.Has(db) {
		return nil
	}
	return Invalidate(c, db.Number)
}

// Dropped has what is left of the indexes of a dropped database removed.
func (x *Indexes) Dropped(db domain.Database) {
	if x.Has(db) {
		x.Build.Want()
	}
	x.preparing.end(db.Number)
}

// Retired has the indexes removed that are not needed any more.
func (x *Indexes) Retired(number int64) {
	x.preparing.end(number)
	x.Build.Want()
}
