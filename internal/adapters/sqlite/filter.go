package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.FilterReader = (*Store)(nil)

// Matching returns the ids of the chunks that f selects; see ports.FilterReader. The rows
// are read and f is asked of each, so that a filter means the same here as in memory.
func (s *Store) Matching(ctx context.Context, db domain.Database, f *filterlang.Filter, sel domain.Selection) ([]int64, error) {
	if err := domain.CheckID(db.ID); err != nil { // it becomes part of a statement
		return nil, domain.DatabaseNotFound(db.ID)
	}
	ids := []int64{}
	err := s.readOf(ctx, db.ID, func(c *conn.Conn) error {
		m := matcher{ctx: ctx, filter: f, fields: f.Fields(), limit: sel.Limit, ids: ids}
		args := []any{db.Number, db.Incarnation[:], sel.After}
		if !sel.At.IsZero() {
			args = append(args, sel.At.UnixMicro())
		}
		err := c.Query(m.statement(db, sel), m.row, args...)
		ids = m.ids
		if errors.Is(err, conn.ErrEnough) {
			return nil
		}
		if m.seen > 0 && err == nil {
			return nil // the statement found this life of db
		}
		if aliveErr := schema.Alive(c, db); aliveErr != nil {
			return aliveErr
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// matcher asks a filter of rows.
type matcher struct {
	ctx    context.Context
	filter *filterlang.Filter
	fields domain.Fields
	limit  int
	seen   int
	ids    []int64
}

// statement reads the parts of chunks that the filter looks at, in the order of their ids.
func (m *matcher) statement(db domain.Database, sel domain.Selection) string {
	sql := "SELECT c.chunk_id, c.key"
	if m.fields.Has(domain.FieldText) {
		sql += ", c.text"
	}
	if m.fields.Has(domain.FieldMetadata) {
		sql += ", c.form, c.metadata"
	}
	sql += " FROM databases d CROSS JOIN " + schema.TableName(db.ID) + " c WHERE d.number = ?1 AND d.incarnation = ?2 AND c.chunk_id > +?3"
	if !sel.At.IsZero() {
		sql += " AND (c.expires_at IS NULL OR c.expires_at > +?4)"
	}
	return sql + " ORDER BY c.chunk_id"
}

// row takes the next row.
func (m *matcher) row(row []driver.Value) error {
	if m.seen++; m.seen%256 == 0 && m.ctx.Err() != nil { // seldom enough not to cost
		return m.ctx.Err()
	}
	if len(m.ids) >= m.limit {
		return conn.ErrEnough
	}
	var chunk domain.Chunk
	chunk.ID, _ = row[0].(int64)
	chunk.Key, _ = row[1].(string)
	rest := row[2:]
	if m.fields.Has(domain.FieldText) {
		chunk.Text, _ = rest[0].(string)
		rest = rest[1:]
	}
	if m.fields.Has(domain.FieldMetadata) {
		chunk.Metadata = schema.MetadataOf(rest[0], rest[1])
	}
	if m.filter.Matches(&chunk) {
		m.ids = append(m.ids, chunk.ID)
	}
	return nil
}
