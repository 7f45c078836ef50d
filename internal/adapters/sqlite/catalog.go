package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/registry"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Create makes a database; see ports.Catalog.
func (s *Store) Create(ctx context.Context, id string, want domain.Settings, applied func(domain.Database)) (domain.Database, bool, error) {
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, false, err
	}
	var db domain.Database
	var created bool
	r := &commit.Request{Database: id}
	r.Run = func(c *conn.Conn) error {
		var err error
		db, _, created, err = s.findOrCreate(c, id, &want)
		r.Schema = created
		if err != nil || created {
			return err
		}
		if differences := db.Differences(want); differences != "" {
			return domain.OtherSettings(id, differences)
		}
		return nil
	}
	r.After = func() {
		if created && applied != nil {
			applied(db)
		}
	}
	if err := s.writer.Do(ctx, r); err != nil {
		return domain.Database{}, false, err
	}
	return db, created, nil
}

// findOrCreate returns the database called id. With settings it makes the database if
// there is none.
func (s *Store) findOrCreate(c *conn.Conn, id string, settings *domain.Settings) (db domain.Database, more schema.Row, created bool, err error) {
	db, more, found, err := schema.LookUp(c, id)
	switch {
	case err != nil:
		return db, more, false, err
	case found && db.ID == id:
		return db, more, false, nil
	case settings == nil:
		return db, more, false, domain.DatabaseNotFound(id)
	case found:
		return db, more, false, domain.Errorf(domain.ErrConflict, "Database '%s' differs from the existing '%s' in case only: use that one, or choose another id", id, db.ID)
	}
	if err := registry.CheckID(c, id); err != nil {
		return db, more, false, err
	}
	db, err = s.createCounted(c, id, *settings)
	return db, schema.Row{NextID: 1}, true, err
}

// createCounted is create where there may be one more.
func (s *Store) createCounted(c *conn.Conn, id string, settings domain.Settings) (domain.Database, error) {
	if err := s.checkCount(c); err != nil {
		return domain.Database{}, err
	}
	return s.create(c, id, settings)
}

// checkCount refuses one database more than there may be.
func (s *Store) checkCount(c *conn.Conn) error {
	if s.options.MaxDatabases <= 0 {
		return nil
	}
	n, _, err := c.Integer("SELECT count(*) FROM databases")
	if err == nil && n >= int64(s.options.MaxDatabases) {
		err = domain.Errorf(domain.ErrLimit, "there are %d databases, as many as max_databases allows: drop one first", n)
	}
	return err
}

// create makes the row and the table of a database.
func (s *Store) create(c *conn.Conn, id string, settings domain.Settings) (domain.Database, error) {
	if settings.Metric == "" {
		settings.Metric = domain.DefaultMetric
	}
	if settings.Dims < 0 || settings.Dims > domain.MaxDims {
		return domain.Database{}, domain.Errorf(domain.ErrTooLarge, "a database can have 1 to %d dimensions, not %d", domain.MaxDims, settings.Dims)
	}
	encoded, err := schema.EncodeSettings(settings)
	if err != nil {
		return domain.Database{}, err
	}
	// Stored and returned with the same precision.
	db := domain.Database{ID: id, Settings: settings, CreatedAt: s.options.Now().UTC().Truncate(microsecond)}
	if _, err := rand.Read(db.Incarnation[:]); err != nil {
		return db, err
	}
	number, _, err := c.Integer(`INSERT INTO databases (id, dims, settings, incarnation, sequence, hash, next_id, chunks, created_at)
		VALUES (?, ?, ?, ?, 0, ?, 1, 0, ?) RETURNING number`,
		id, int64(settings.Dims), encoded, db.Incarnation[:], db.Hash[:], db.CreatedAt.UnixMicro())
	if err != nil {
		return db, err
	}
	if number > schema.MaxNumber {
		return db, domain.Errorf(domain.ErrTooLarge, "this file has had %d databases, the most it can take", int64(schema.MaxNumber))
	}
	db.Number = number
	s.pool.PinFree()
	if settings.FullText != "" {
		if err := s.texts.Create(c, number, settings.FullText); err != nil {
			return db, err
		}
	}
	return db, c.Script(schema.ChunkTable(id))
}

// Find returns the database called id; see ports.Catalog.
func (s *Store) Find(ctx context.Context, id string) (domain.Database, error) {
	return s.findBy(ctx, id, schema.FindDatabase, id)
}

// findBy returns the database called id, which a statement reads.
func (s *Store) findBy(ctx context.Context, id, sql string, args ...any) (domain.Database, error) {
	var db domain.Database
	err := s.pool.Read(ctx, id, func(c *conn.Conn) error {
		var found bool
		var err error
		db, _, found, err = schema.LookUpBy(c, sql, args...)
		if err == nil && (!found || db.ID != id) {
			err = domain.DatabaseNotFound(id)
		}
		return err
	})
	if err != nil {
		return domain.Database{}, err
	}
	return db, nil
}

// List returns all databases; see ports.Catalog.
func (s *Store) List(ctx context.Context) ([]domain.Database, error) {
	return s.listBy(ctx, "SELECT "+schema.DatabaseColumns+" FROM databases")
}

// listBy returns all databases, which a statement reads.
func (s *Store) listBy(ctx context.Context, sql string, args ...any) ([]domain.Database, error) {
	list := []domain.Database{}
	err := s.read(ctx, func(c *conn.Conn) error {
		return c.Query(sql+" ORDER BY id COLLATE BINARY", func(row []driver.Value) error {
			db, _, err := schema.ScanDatabase(row)
			list = append(list, db)
			return err
		}, args...)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
