package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
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
	if db.Vectors.Len() == 0 {
		fields &^= domain.FieldVectors
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
		if err := scanVectors(c, row, fields); err != nil {
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
	if sel.Skip > 0 && sel.IDs == nil && sel.Keys == nil {
		sql += " OFFSET ?"
		args = append(args, int64(sel.Skip))
	}
	return out, c.Query(sql, each, args...)
}

// scanVectors reads sparse and named vectors, which are the last columns of a row.
func scanVectors(c *domain.Chunk, row []driver.Value, fields domain.Fields) error {
	last := len(row) - 1
	if fields.Has(domain.FieldVectors) {
		if err := named.Scan(c, row[last]); err != nil {
			return err
		}
		last--
	}
	if fields.Has(domain.FieldSparse) {
		return sparse.Scan(c, row[last])
	}
	return nil
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
	if fields.Has(domain.FieldSparse) {
		sql += sparse.Column
		join += sparse.Join(db.Number)
	}
	if fields.Has(domain.FieldVectors) {
		sql += named.Column
		join += named.Join(db.Number)
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

// InKeyOrder reads chunks in the order of their keys; see ports.KeyReader.
func (s *Store) InKeyOrder(ctx context.Context, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
	if err := domain.CheckID(db.ID); err != nil { // it becomes part of a statement
		return domain.KeyPage{}, domain.DatabaseNotFound(db.ID)
	}
	var page domain.KeyPage
	err := s.readOf(ctx, db.ID, func(c *conn.Conn) error {
		return c.AtOnce(func() (err error) {
			w := keyWalk{ctx: ctx, c: c, db: db, sel: sel, skip: sel.Skip, ids: []int64{}}
			if err := w.walk(); err != nil {
				return err
			}
			page.Next = w.next
			page.Chunks, err = selectChunks(ctx, c, db, domain.Selection{IDs: w.ids, MaxBytes: sel.MaxBytes}, fields)
			return err
		})
	})
	if err != nil {
		return domain.KeyPage{}, err
	}
	return page, nil
}

// keyWalk finds the ids of a selection in key order.
type keyWalk struct {
	ctx  context.Context
	c    *conn.Conn
	db   domain.Database
	sel  domain.KeySelection
	skip int // how many more to pass over

	seen int
	ids  []int64
	next domain.Ref
}

func (w *keyWalk) walk() error {
	unkeyed, alive, err := w.c.Integer("SELECT chunks - keyed FROM databases WHERE number = ? AND incarnation = ?", w.db.Number, w.db.Incarnation[:])
	if err != nil {
		return err
	}
	if !alive {
		return domain.DatabaseNotFound(w.db.ID)
	}
	if unkeyed > 0 && w.sel.From == "" {
		err = w.each("SELECT chunk_id, NULL, expires_at FROM "+schema.TableName(w.db.ID)+" WHERE key IS NULL AND chunk_id > ? ORDER BY chunk_id", w.sel.After)
	}
	if err != nil || w.next != (domain.Ref{}) {
		return err
	}
	return w.keys()
}

// keys goes through the chunks with a key. Those that have expired are few at any time, and
// are left out by the statement only where there are any.
func (w *keyWalk) keys() error {
	expired := false
	if !w.sel.At.IsZero() {
		var err error
		if _, expired, err = w.c.Integer("SELECT 1 FROM expiries WHERE expires_at <= ? LIMIT 1", w.sel.At.UnixMicro()); err != nil {
			return err
		}
	}
	sql := "SELECT k.chunk_id, k.key, NULL FROM keys k WHERE k.number = ?1 AND k.key >= ?2"
	offset := 0
	if w.sel.Keep == nil { // SQLite passes over them at a fraction of the cost
		offset, w.skip = max(w.skip, 0), 0
	}
	args := []any{w.db.Number, w.sel.From, int64(offset)}
	if expired {
		sql += " AND NOT EXISTS (SELECT 1 FROM expiries e WHERE e.number = k.number AND e.chunk_id = k.chunk_id AND e.expires_at <= ?4)"
		args = append(args, w.sel.At.UnixMicro())
	}
	return w.each(sql+" ORDER BY k.key LIMIT -1 OFFSET ?3", args...)
}

// each takes the rows of a statement, of id, key and time of expiry, until what follows the
// selection is known.
func (w *keyWalk) each(sql string, args ...any) error {
	err := w.c.Query(sql, func(row []driver.Value) error {
		if w.seen++; w.seen%256 == 0 && w.ctx.Err() != nil { // seldom enough not to cost
			return w.ctx.Err()
		}
		id, _ := row[0].(int64)
		expires, may := row[2].(int64)
		if may && !w.sel.At.IsZero() && expires <= w.sel.At.UnixMicro() || w.sel.Keep != nil && !w.sel.Keep(id) {
			return nil
		}
		if w.skip > 0 {
			w.skip--
			return nil
		}
		if len(w.ids) < w.sel.Limit {
			w.ids = append(w.ids, id)
			return nil
		}
		if w.next.Key, _ = row[1].(string); w.next.Key == "" {
			w.next.ID = id
		}
		return conn.ErrEnough
	}, args...)
	if errors.Is(err, conn.ErrEnough) {
		return nil
	}
	return err
}
