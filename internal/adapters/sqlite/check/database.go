package check

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
	"github.com/memista/memista/internal/domain"
)

// tally is what the rows of a database come to.
type tally struct {
	chunks, keyed, lastID, lastSequence int64
}

// database checks one database.
func (v *inspector) database(ctx context.Context, d counted) error {
	there, _, err := v.c.Integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", "chunks_"+d.ID)
	if err != nil {
		return v.damaged(d.ID, "the schema", err)
	}
	if there == 0 {
		v.found(domain.BadPage, d.ID, 0, nil, "its table is not there")
		return nil
	}
	var sum tally
	err = v.rows(ctx, d, &sum)
	v.report.Chunks += sum.chunks
	if err != nil { // the counts are not to be compared with a part of the rows
		return v.damaged(d.ID, fmt.Sprintf("the rows after chunk %d", sum.lastID), err)
	}
	if d.keyed, _, err = v.c.Integer("SELECT keyed FROM databases WHERE number = ?", d.Number); err != nil {
		return err
	}
	v.counters(d, sum)
	for _, check := range []func(counted) error{v.strayKeys, v.strayEmbeddings, v.strayVectors, v.expiries, v.history} {
		if err := v.damaged(d.ID, "what belongs to it", check(d)); err != nil {
			return err
		}
	}
	return nil
}

// rows checks every chunk of d.
func (v *inspector) rows(ctx context.Context, d counted, sum *tally) error {
	const fields = domain.FieldText | domain.FieldMetadata
	return v.c.QueryUnder(ctx, `SELECT c.chunk_id, c.key, c.sequence, c.expires_at, c.text, c.form, c.metadata, coalesce(r.crc, c.crc), e.embedding, k.chunk_id`+sparse.Column+named.Column+`
		FROM databases d CROSS JOIN `+schema.TableName(d.ID)+` c LEFT JOIN embeddings e ON e.id = `+schema.EmbeddingOf(d.Number)+`
		LEFT JOIN reembedded r ON r.id = `+schema.EmbeddingOf(d.Number)+` AND r.sequence = c.sequence
		LEFT JOIN keys k ON k.number = d.number AND k.key = c.key`+sparse.Join(d.Number)+named.Join(d.Number)+` WHERE d.number = ? ORDER BY c.chunk_id`, func(row []driver.Value) error {
		var c domain.Chunk
		if err := schema.ScanChunk(&c, row, fields); err != nil {
			return err
		}
		sum.chunks++
		if c.Key != "" {
			sum.keyed++
		}
		sum.lastID, sum.lastSequence = c.ID, max(sum.lastSequence, c.Sequence)
		crc, _ := row[7].(int64)
		embedding, there := row[8].([]byte)
		form, _ := row[5].(int64)
		sparsely, _ := row[10].([]byte)
		vectors, _ := row[11].([]byte)
		whole := func(embedding []byte) bool {
			return int64(named.Checksum(sparse.Checksum(schema.Checksum(&c, embedding), sparsely), vectors)) == crc
		}
		switch {
		case !there && form&schema.NoEmbedding != 0 && whole(nil): // it never had one
		case !there:
			v.found(domain.BadEmbedding, d.ID, c.ID, quarantine(d.Database, c), "it has no embedding")
		case len(embedding) != 4*d.Dims:
			v.found(domain.BadEmbedding, d.ID, c.ID, quarantine(d.Database, c), "its embedding has %d bytes, not %d", len(embedding), 4*d.Dims)
		case !whole(embedding):
			v.found(domain.BadChunk, d.ID, c.ID, quarantine(d.Database, c), "its checksum differs%s", mentioned(c.Key))
		}
		if owner, listed := row[9].(int64); c.Key != "" && (!listed || owner != c.ID) {
			v.badKey(d, c, owner)
		}
		return nil
	}, d.Number)
}

// mentioned is the mention of a key, by which the caller knows the chunk.
func mentioned(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" (its key is %q)", key)
}

// badKey is for a key that does not lead to the chunk that has it. It is entered, unless
// another chunk has it with the same right.
func (v *inspector) badKey(d counted, c domain.Chunk, owner int64) {
	leads := "is not in the table of keys"
	if owner != 0 {
		leads = fmt.Sprintf("leads to chunk %d", owner)
	}
	v.found(domain.BadKey, d.ID, c.ID, func(t *Repair) (string, error) {
		n, err := t.Conn.ExecCount(`INSERT OR REPLACE INTO keys (number, key, chunk_id) SELECT ?1, ?2, ?3 WHERE NOT EXISTS
			(SELECT 1 FROM keys k JOIN `+schema.TableName(d.ID)+` o ON o.chunk_id = k.chunk_id AND o.key = k.key WHERE k.number = ?1 AND k.key = ?2)`,
			d.Number, c.Key, c.ID)
		if err != nil || n == 0 {
			return "", err
		}
		return "entered", nil
	}, "its key %q %s", c.Key, leads)
}

// counters compares what the description of d says with its rows.
func (v *inspector) counters(d counted, sum tally) {
	var wrong []string
	compare := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	compare(d.Chunks != sum.chunks, "it has %d chunks and counts %d", sum.chunks, d.Chunks)
	compare(d.keyed > sum.keyed, "%d of its chunks have a key and it counts %d", sum.keyed, d.keyed)
	compare(d.row.NextID <= sum.lastID, "its next chunk id is %d and the last chunk has %d", d.row.NextID, sum.lastID)
	compare(d.Sequence < sum.lastSequence, "its last change is %d and a chunk was written by %d", d.Sequence, sum.lastSequence)
	for _, w := range wrong {
		v.found(domain.BadCounter, d.ID, 0, recount(d.Database), "%s", w)
	}
}

// strayKeys looks for keys that lead to no chunk, or to one with another key.
func (v *inspector) strayKeys(d counted) error {
	return v.c.Query(`SELECT k.key, k.chunk_id FROM keys k WHERE k.number = ? AND NOT EXISTS
		(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = k.chunk_id AND c.key IS k.key)`, func(row []driver.Value) error {
		key, _ := row[0].(string)
		id, _ := row[1].(int64)
		v.found(domain.BadKey, d.ID, id, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount(`DELETE FROM keys WHERE number = ?1 AND key = ?2 AND chunk_id = ?3 AND NOT EXISTS
				(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = ?3 AND c.key = ?2)`, d.Number, key, id)
			return did("removed", n, err)
		}, "the key %q leads to it, and it has not that key", key)
		return nil
	}, d.Number)
}

// strayEmbeddings looks for embeddings without a chunk, and for such in the slot that is
// not in use and that nobody fills or empties.
func (v *inspector) strayEmbeddings(d counted) error {
	first, last := d.row.Slot.RowIDs(d.Number)
	err := v.c.Query(`SELECT e.id FROM embeddings e WHERE e.id BETWEEN ? AND ? AND NOT EXISTS
		(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = e.id - (`+strconv.FormatInt(first, 10)+`))`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadEmbedding, d.ID, id&schema.MaxID, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount(`DELETE FROM embeddings WHERE id = ? AND NOT EXISTS
				(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = ?)`, id, id&schema.MaxID)
			return did("removed", n, err)
		}, "there is an embedding and no chunk")
		return nil
	}, first, last)
	if err != nil {
		return err
	}
	first, last = d.row.Slot.Other().RowIDs(d.Number)
	_, found, err := v.c.Integer(`SELECT 1 FROM embeddings WHERE id BETWEEN ? AND ?
		AND NOT EXISTS (SELECT 1 FROM reembeds WHERE number = ?) LIMIT 1`, first, last, d.Number)
	if found {
		v.found(domain.Orphan, d.ID, 0, func(t *Repair) (string, error) {
			t.Orphans = true
			n, err := t.Conn.ExecCount("INSERT OR IGNORE INTO reembeds (number, target, seen_to) VALUES (?, '', 0)", d.Number)
			return did("to be freed", n, err)
		}, "it has embeddings that are not in use")
	}
	return err
}

// strayVectors looks for sparse and named vectors without a chunk.
func (v *inspector) strayVectors(d counted) error {
	return errors.Join(v.strayIn(d, "sparse_vectors", "sparse vectors"), v.strayIn(d, "named_vectors", "named vectors"))
}

// strayIn looks for rows without a chunk in a table of what it says.
func (v *inspector) strayIn(d counted, table, what string) error {
	first, last := schema.Slot(0).RowIDs(d.Number)
	return v.c.Query(`SELECT s.id FROM `+table+` s WHERE s.id BETWEEN ? AND ? AND NOT EXISTS
		(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = s.id & `+strconv.FormatInt(schema.MaxID, 10)+`)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadEmbedding, d.ID, id&schema.MaxID, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount(`DELETE FROM `+table+` WHERE id = ? AND NOT EXISTS
				(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = ?)`, id, id&schema.MaxID)
			return did("removed", n, err)
		}, "there are %s and no chunk", what)
		return nil
	}, first, last)
}

// expiries compares the table of expiries with the times in the rows.
func (v *inspector) expiries(d counted) error {
	err := v.c.Query(`SELECT c.chunk_id FROM `+schema.TableName(d.ID)+` c WHERE c.expires_at IS NOT NULL AND NOT EXISTS
		(SELECT 1 FROM expiries e WHERE e.number = ? AND e.chunk_id = c.chunk_id AND e.expires_at = c.expires_at)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadExpiry, d.ID, id, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount(`INSERT OR REPLACE INTO expiries (number, chunk_id, expires_at)
				SELECT ?, chunk_id, expires_at FROM `+schema.TableName(d.ID)+` WHERE chunk_id = ? AND expires_at IS NOT NULL`, d.Number, id)
			return did("entered", n, err)
		}, "its time is not in the table of expiries")
		return nil
	}, d.Number)
	if err != nil {
		return err
	}
	return v.c.Query(`SELECT e.chunk_id FROM expiries e WHERE e.number = ? AND NOT EXISTS
		(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = e.chunk_id AND c.expires_at IS NOT NULL)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadExpiry, d.ID, id, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount(`DELETE FROM expiries WHERE number = ?1 AND chunk_id = ?2 AND NOT EXISTS
				(SELECT 1 FROM `+schema.TableName(d.ID)+` c WHERE c.chunk_id = ?2 AND c.expires_at IS NOT NULL)`, d.Number, id)
			return did("removed", n, err)
		}, "the table of expiries has a time for it, and it has none")
		return nil
	}, d.Number)
}

// history compares the end of the remembered changes with the description of d.
func (v *inspector) history(d counted) error {
	return v.c.Query("SELECT sequence, hash FROM changes WHERE number = ? ORDER BY sequence DESC LIMIT 1", func(row []driver.Value) error {
		sequence, _ := row[0].(int64)
		hash, _ := row[1].([]byte)
		if sequence != d.Sequence || string(hash) != string(d.Hash[:]) {
			v.found(domain.BadCounter, d.ID, 0, func(t *Repair) (string, error) {
				return "forgotten, its index will be made anew", t.Conn.Exec("DELETE FROM changes WHERE number = ?", d.Number)
			}, "the changes that are remembered end at %d with another hash than its own at %d", sequence, d.Sequence)
		}
		return nil
	}, d.Number)
}
