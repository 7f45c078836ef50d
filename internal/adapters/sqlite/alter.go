package sqlite

import (
	"context"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Alterer = (*Store)(nil)

// Alter changes the settings of a database; see ports.Alterer.
func (s *Store) Alter(ctx context.Context, db domain.Database, change func(*domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
	var now domain.Database
	switched := false
	r := &request{database: db.ID}
	r.run = func(c *conn) error {
		if err := alive(c, db); err != nil {
			return err
		}
		var err error
		if now, _, _, err = lookUp(c, db.ID); err != nil {
			return err
		}
		set := now.Settings
		if err := change(&set); err != nil {
			return err
		}
		if switched = set.FullText != now.FullText; switched {
			if err := switchText(c, now, set.FullText); err != nil {
				return err
			}
		}
		now.Settings = set
		encoded, err := encodeSettings(set)
		if err != nil {
			return err
		}
		return c.exec("UPDATE databases SET dims = ?, settings = ? WHERE number = ?", int64(set.Dims), encoded, now.Number)
	}
	r.after = func() {
		if switched {
			s.preparing.end(now.Number)
			s.writer.keeper.texts = true
		}
		if applied != nil {
			applied(now)
		}
	}
	if err := s.do(ctx, r); err != nil {
		return domain.Database{}, s.observed(db.ID, err)
	}
	return now, nil
}
