package sqlite

import (
	"context"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Alterer = (*Store)(nil)

// Alter changes the settings of a database; see ports.Alterer.
func (s *Store) Alter(ctx context.Context, db domain.Database, change func(*domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
	var now domain.Database
	switched := false
	r := &commit.Request{Database: db.ID}
	r.Run = func(c *conn.Conn) error {
		if err := schema.Alive(c, db); err != nil {
			return err
		}
		var err error
		var row schema.Row
		if now, row, _, err = schema.LookUp(c, db.ID); err != nil {
			return err
		}
		if err := row.Held.Refuse(db.ID, s.options.Now()); err != nil {
			return err
		}
		set := now.Settings
		if err := change(&set); err != nil {
			return err
		}
		if switched = set.FullText != now.FullText; switched {
			if err := fts.Switch(c, now, set.FullText); err != nil {
				return err
			}
		}
		now.Settings = set
		encoded, err := schema.EncodeSettings(set)
		if err != nil {
			return err
		}
		return c.Exec("UPDATE databases SET dims = ?, settings = ? WHERE number = ?", int64(set.Dims), encoded, now.Number)
	}
	r.After = func() {
		if switched {
			s.texts.Retired(now.Number)
		}
		if applied != nil {
			applied(now)
		}
	}
	if err := s.writer.Do(ctx, r); err != nil {
		return domain.Database{}, s.observed(db.ID, err)
	}
	return now, nil
}
