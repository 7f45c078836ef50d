package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.TextSearcher = (*Store)(nil)

// textReaders is how many connections search texts. They are opened at first use, and
// are not those that read rows: a search for a common word takes milliseconds, and
// nobody else should wait for it.
const textReaders = 2

const fullTextHelp = "build your program with `-tags sqlite_fts5` (go build, run, test and install take it), or without C (CGO_ENABLED=0)"

// FullText implements ports.TextSearcher.
func (s *Store) FullText() error {
	if s.fts {
		return nil
	}
	return domain.Errorf(domain.ErrUnsupported, "this build has no full-text search: %s", cmp.Or(s.options.FullTextHelp, fullTextHelp))
}

// SearchText implements ports.TextSearcher.
func (s *Store) SearchText(ctx context.Context, db domain.Database, q ports.TextQuery) ([]domain.TextMatch, error) {
	if q.K < 1 {
		return nil, domain.Errorf(domain.ErrInvalid, "k must be at least 1, got %d", q.K)
	}
	if err := s.FullText(); err != nil {
		return nil, err
	}
	var out []domain.TextMatch
	var damaged bool
	err := s.readTexts(ctx, func(c *conn) error {
		if err := c.script("BEGIN"); err != nil { // all statements see one moment
			return err
		}
		ix, err := searchedText(c, db)
		if err == nil && len(q.Terms) > 0 {
			out, err = matchTexts(ctx, c, db, &ix, q)
			damaged = errors.Is(err, errTextDamaged)
		}
		return errors.Join(err, c.script("COMMIT"))
	})
	if damaged {
		err = s.repairText(ctx, db)
	}
	return out, err
}

// searchedText returns the text index of db, which has every text, or why a search has to
// wait or is impossible.
func searchedText(c *conn, db domain.Database) (ix textIndex, err error) {
	if err := alive(c, db); err != nil {
		return ix, err
	}
	found := false
	err = c.query("SELECT "+textColumns+" FROM text_indexes WHERE number = ? AND purpose = ?", func(row []driver.Value) error {
		ix, found = scanText(row), true
		return nil
	}, db.Number, textSearched)
	switch {
	case err != nil:
		return ix, err
	case !found:
		return ix, domain.NoFullText(db.ID)
	case ix.indexed == textWhole && ix.analyzer != nil:
		return ix, nil
	}
	return ix, domain.TextsNotReady(db.ID)
}

// repairText gives up a text index in which a search met damage, so that it is made anew.
func (s *Store) repairText(ctx context.Context, db domain.Database) error {
	r := &request{database: db.ID, run: func(c *conn) error { return staleText(c, db.Number) }}
	r.after = func() { s.writer.keeper.texts = true }
	if err := s.do(ctx, r); err != nil {
		return err
	}
	return domain.TextsNotReady(db.ID)
}
