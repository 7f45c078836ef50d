package reembed

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
	"github.com/memista/memista/internal/domain"
)

// Unembedded implements ports.NextEmbeddings.
func (e *Embeddings) Unembedded(ctx context.Context, db domain.Database, limit int) ([]domain.Chunk, error) {
	var list []domain.Chunk
	err := e.read(ctx, db, func(c *conn.Conn) error {
		d, row, _, err := schema.LookUp(c, db.ID)
		if err == nil {
			err = begun(d, row)
		}
		if err != nil {
			return err
		}
		list, err = page(c, db, limit)
		return err
	})
	return list, err
}

// pageBytes bounds the texts and metadata of chunks that are read at once.
const pageBytes = 4 << 20

// neither is the SQL for that a chunk c has neither a text nor an embedding, and so stays
// without: it could have one only if it had been written with it, or if one had been made of
// its text.
var neither = "c.text = '' AND c.form & " + strconv.Itoa(schema.NoEmbedding) + " <> 0"

// page returns chunks that are to have an embedding in the other slot and have none, in one
// transaction: first those that have never been looked at, then those that were written since.
func page(c *conn.Conn, db domain.Database, limit int) ([]domain.Chunk, error) {
	whole := "SELECT c.chunk_id, c.key, c.sequence, c.expires_at, c.text, c.form, c.metadata" + sparse.Column + named.Column + " FROM "
	table, join := schema.TableName(db.ID)+" c", sparse.Join(db.Number)+named.Join(db.Number)
	wanted := " AND NOT (" + neither + ")"
	for _, sql := range []string{
		"reembeds r CROSS JOIN " + table + join + " WHERE r.number = ?1 AND c.chunk_id > r.seen_to" + wanted + " ORDER BY c.chunk_id LIMIT ?2",
		"reembed_again r CROSS JOIN " + table + " ON c.chunk_id = r.chunk_id" + join + " WHERE r.number = ?1" + wanted + " ORDER BY c.chunk_id LIMIT ?2",
	} {
		var list []domain.Chunk
		var bytes int64
		err := c.Query(whole+sql, func(row []driver.Value) error {
			var chunk domain.Chunk
			if err := schema.ScanChunk(&chunk, row, domain.FieldText|domain.FieldMetadata); err != nil {
				return err
			}
			if err := sparse.Scan(&chunk, row[len(row)-2]); err != nil {
				return err
			}
			if err := named.Scan(&chunk, row[len(row)-1]); err != nil {
				return err
			}
			list = append(list, chunk)
			if bytes += chunk.Size(); bytes >= pageBytes {
				return conn.ErrEnough
			}
			return nil
		}, db.Number, int64(limit))
		if err != nil && !errors.Is(err, conn.ErrEnough) || len(list) > 0 {
			return list, enough(err)
		}
	}
	return nil, nil
}

func enough(err error) error {
	if errors.Is(err, conn.ErrEnough) {
		return nil
	}
	return err
}

// PutEmbeddings implements ports.NextEmbeddings.
func (e *Embeddings) PutEmbeddings(ctx context.Context, db domain.Database, chunks []domain.Chunk, applied func([]int64)) error {
	if len(chunks) == 0 {
		return nil
	}
	rows, bytes := make([]next, len(chunks)), 0
	for i := range chunks {
		raw := schema.EncodeEmbedding(chunks[i].Embedding)
		crc := named.Checksum(sparse.Checksum(schema.Checksum(&chunks[i], raw), sparse.Encode(chunks[i].Sparse)), named.Encode(chunks[i].Vectors))
		rows[i] = next{chunks[i].ID, chunks[i].Sequence, raw, crc}
		bytes += len(raw) + 64
	}
	var kept []int64
	r := &commit.Request{Database: db.ID, Bytes: bytes}
	r.Run = func(c *conn.Conn) error {
		if err := schema.Alive(c, db); err != nil {
			return err
		}
		d, row, _, err := schema.LookUp(c, db.ID)
		if err == nil {
			err = begun(d, row)
		}
		if err == nil {
			kept, err = put(c, d, row.Slot.Other(), rows)
		}
		return err
	}
	r.After = func() {
		if applied != nil {
			applied(kept)
		}
	}
	return e.writer.Do(ctx, r)
}

// next is an embedding in the other slot.
type next struct {
	id, sequence int64
	embedding    []byte
	crc          uint32 // of the chunk with it
}

// put stores those of rows whose chunks are as they were, and returns their ids.
func put(c *conn.Conn, d domain.Database, slot schema.Slot, rows []next) (kept []int64, err error) {
	sql := "INSERT OR REPLACE INTO embeddings (id, embedding) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM " +
		schema.TableName(d.ID) + " WHERE chunk_id = ?3 AND sequence = ?4)"
	last := int64(0)
	for _, r := range rows {
		last = max(last, r.id)
		rowID := slot.RowID(d.Number, r.id)
		n, err := c.ExecCount(sql, rowID, r.embedding, r.id, r.sequence)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		if err := c.Exec("INSERT OR REPLACE INTO reembedded (id, sequence, crc) VALUES (?, ?, ?)", rowID, r.sequence, int64(r.crc)); err != nil {
			return nil, err
		}
		kept = append(kept, r.id)
	}
	err = c.Exec("DELETE FROM reembed_again WHERE number = ? AND chunk_id IN (SELECT value FROM json_each(?))", d.Number, schema.IDList(kept))
	if err != nil {
		return nil, err
	}
	return kept, c.Exec("UPDATE reembeds SET seen_to = max(seen_to, ?) WHERE number = ?", last, d.Number)
}

// Embedded implements ports.NextEmbeddings.
func (e *Embeddings) Embedded(ctx context.Context, db domain.Database, after int64, limit int) ([]domain.Chunk, error) {
	var list []domain.Chunk
	err := e.read(ctx, db, func(c *conn.Conn) error {
		d, row, _, err := schema.LookUp(c, db.ID)
		if err == nil {
			err = begun(d, row)
		}
		if err != nil {
			return err
		}
		return c.Query("SELECT c.chunk_id, c.key, c.sequence, c.expires_at"+schema.EmbeddingColumns+" FROM "+schema.TableName(d.ID)+
			" c LEFT JOIN embeddings e ON e.id = c.chunk_id + ? WHERE c.chunk_id > ? AND (e.id IS NOT NULL OR "+neither+") ORDER BY c.chunk_id LIMIT ?", func(row []driver.Value) error {
			var chunk domain.Chunk
			if err := schema.ScanChunk(&chunk, row, domain.FieldEmbedding); err != nil {
				return err
			}
			list = append(list, chunk)
			return nil
		}, row.Slot.Other().RowID(d.Number, 0), after, int64(limit))
	})
	return list, err
}

// read calls fn with a reader in a transaction, in which this life of db is.
func (e *Embeddings) read(ctx context.Context, db domain.Database, fn func(*conn.Conn) error) error {
	return e.pool.Read(ctx, db.ID, func(c *conn.Conn) (err error) {
		if !c.Pinned() { // in a transaction already
			if err := c.Script("BEGIN"); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, c.Script("COMMIT")) }()
		}
		if err := schema.Alive(c, db); err != nil {
			return err
		}
		return fn(c)
	})
}
