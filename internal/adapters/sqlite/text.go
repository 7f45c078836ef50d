package sqlite

import (
	"cmp"
	"context"
	"errors"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.TextSearcher = (*Store)(nil)

const fullTextHelp = "build your program with `-tags sqlite_fts5` (go build, run, test and install take it), or without C (CGO_ENABLED=0)"

// FullText implements ports.TextSearcher.
func (s *Store) FullText() error {
	if s.texts.Available() {
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
	err := s.pool.ReadTexts(ctx, func(c *conn.Conn) (err error) {
		out, err = fts.Search(ctx, c, db, q)
		return err
	})
	if errors.Is(err, fts.ErrDamaged) {
		err = s.rebuildText(ctx, db)
	}
	return out, err
}

// rebuildText gives up a text index in which a search met damage, so that it is made again.
func (s *Store) rebuildText(ctx context.Context, db domain.Database) error {
	err := s.writer.Do(ctx, &commit.Request{
		Database: db.ID,
		Run:      func(c *conn.Conn) error { return fts.Invalidate(c, db.Number) },
		After:    s.texts.Build.Want,
	})
	if err != nil {
		return err
	}
	return domain.TextsNotReady(db.ID)
}

// PrepareText implements ports.Alterer. Maintenance makes the index; batches keep what is
// in it in step.
func (s *Store) PrepareText(ctx context.Context, db domain.Database, t domain.Tokenizer, report func(upTo int64)) error {
	if err := s.FullText(); err != nil {
		return err
	}
	a, err := analysis.Of(t)
	if err != nil {
		return err
	}
	var slot int64
	var made *fts.Preparation
	err = s.writer.Do(ctx, &commit.Request{
		Database: db.ID,
		Run: func(c *conn.Conn) (err error) {
			slot, err = s.texts.Prepare(c, db, a)
			return err
		},
		After: func() { made = s.texts.Prepared(db, slot) },
	})
	if err != nil {
		return err
	}
	return s.texts.Wait(ctx, db, made, report)
}

// ForgetText implements ports.Alterer.
func (s *Store) ForgetText(ctx context.Context, db domain.Database) error {
	return s.writer.Do(ctx, &commit.Request{
		Database: db.ID,
		Run:      func(c *conn.Conn) error { return fts.Forget(c, db.Number) },
		After:    func() { s.texts.Retired(db.Number) },
	})
}
