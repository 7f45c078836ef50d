package fts

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// ErrDamaged says that a text index is damaged, as opposed to the rows.
var ErrDamaged = errors.New("the text index is damaged")

// Search returns the best matches of q in db. It is ErrDamaged if the index turns out to
// be.
func Search(ctx context.Context, c *conn.Conn, db domain.Database, q ports.TextQuery) (out []domain.TextMatch, err error) {
	if err := c.Script("BEGIN"); err != nil { // all statements see one snapshot
		return nil, err
	}
	ix, err := Searched(c, db)
	if err == nil && len(q.Terms) > 0 {
		out, err = match(ctx, c, db, &ix, q)
	}
	return out, errors.Join(err, c.Script("COMMIT"))
}

// Searched returns the text index of db, which has every text, or why a search has to wait
// or is impossible.
func Searched(c *conn.Conn, db domain.Database) (ix Index, err error) {
	if err := schema.Alive(c, db); err != nil {
		return ix, err
	}
	found := false
	err = c.Query("SELECT "+indexColumns+" FROM text_indexes WHERE number = ? AND purpose = ?", func(row []driver.Value) error {
		ix, found = scanIndex(row), true
		return nil
	}, db.Number, searched)
	switch {
	case err != nil:
		return ix, err
	case !found:
		return ix, domain.NoFullText(db.ID)
	case ix.indexed == whole && ix.Analyzer != nil:
		return ix, nil
	}
	return ix, domain.TextsNotReady(db.ID)
}
