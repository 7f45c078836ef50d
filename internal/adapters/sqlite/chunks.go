package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Chunks reads chunks; see ports.ChunkRepository. An id or key that is asked twice comes
// back twice; a Limit below 1 selects nothing.
func (s *Store) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	var out []domain.Chunk
	err := s.readOf(ctx, db.ID, func(c *conn.Conn) error {
		var err error
		out, err = selectChunks(ctx, c, db, sel, fields)
		if len(out) > 0 && err == nil {
			return nil // the statement found this life of db
		}
		// Nothing found, or no such table: because the life has ended?
		if aliveErr := schema.Alive(c, db); aliveErr != nil {
			return aliveErr
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// selectChunks reads chunks in one statement, whose rows come from one snapshot. It finds
// none if the life of db has ended.
func selectChunks(ctx context.Context, c *conn.Conn, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	if err := domain.CheckID(db.ID); err != nil { // it becomes part of a statement
		return nil, domain.DatabaseNotFound(db.ID)
	}
	sql, arg, second, n, err := selection(db, sel, fields)
	if err != nil || n == 0 {
		return []domain.Chunk{}, err
	}
	out, size := make([]domain.Chunk, 0, min(n, 1024)), int64(0)
	each := func(row []driver.Value) error {
		if len(out)%256 == 255 { // often enough to be stopped, too seldom to cost
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		out = append(out, domain.Chunk{})
		c := &out[len(out)-1]
		if err := schema.ScanChunk(c, row, fields); err != nil {
			return err
		}
		if size += c.Size(); sel.MaxBytes > 0 && size > sel.MaxBytes {
			return domain.AnswerTooLarge(sel.MaxBytes)
		}
		return nil
	}
	args := []any{db.Number, db.Incarnation[:], arg, second}
	if !sel.At.IsZero() {
		args = append(args, sel.At.UnixMicro())
	}
	return out, c.Query(sql, each, args...)
}

// selection returns the statement for sel with its third and fourth argument, and about
// how many rows it yields.
func selection(db domain.Database, sel domain.Selection, fields domain.Fields) (sql string, arg, second any, n int, err error) {
	sql = "SELECT c.chunk_id, c.key, c.sequence, c.expires_at"
	join := ""
	if fields.Has(domain.FieldText) {
		sql += ", c.text"
	}
	if fields.Has(domain.FieldMetadata) {
		sql += ", c.form, c.metadata"
	}
	if fields.Has(domain.FieldEmbedding) {
		sql += schema.EmbeddingColumns
		join = " LEFT JOIN embeddings e ON e.id = " + schema.EmbeddingOf(db.Number)
	}
	sql += " FROM databases d"
	table := " CROSS JOIN " + schema.TableName(db.ID) + " c"
	where := " WHERE d.number = ?1 AND d.incarnation = ?2"
	if !sel.At.IsZero() {
		where += " AND (c.expires_at IS NULL OR c.expires_at > ?5)"
	}
	switch {
	case sel.IDs != nil:
		sql += " CROSS JOIN json_each(?3) j" + table + " ON c.chunk_id = j.value" + join + where + " AND ?4 IS NULL"
		return sql, schema.IDList(sel.IDs), nil, len(sel.IDs), nil
	case sel.Keys != nil:
		keys, err := json.Marshal(sel.Keys)
		sql += " CROSS JOIN json_each(?3) j CROSS JOIN keys k ON k.number = d.number AND k.key = j.value" +
			table + " ON c.chunk_id = k.chunk_id" + join + where + " AND ?4 IS NULL"
		return sql, string(keys), nil, len(sel.Keys), err
	default:
		sql += table + join + where + " AND c.chunk_id > ?3 ORDER BY c.chunk_id LIMIT ?4"
		return sql, sel.After, int64(sel.Limit), max(sel.Limit, 0), nil
	}
}
