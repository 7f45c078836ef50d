package sqlitevec

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const (
	// mostSlots bounds a chunk: sqlite-vec makes none of more than 4,096. It stands in the
	// query of nextChunk, too.
	mostSlots = 65536
	// mostBytes bounds what is read of a chunk at once.
	mostBytes = 512 << 20
	// textView is how many bytes a text has in its column, with its length in front.
	textView = 16
)

// nextChunk reads the chunk behind the last one that was begun, or only which of its slots
// are in use.
func (r *Rows) nextChunk(ctx context.Context, whole bool) error {
	names, n := r.names(partitionColumn, ", partition%02d")
	c := &chunk{partitions: make([]any, n)}
	// What has another size than it must is not read at all.
	const fits = "CASE WHEN size <= 65536 AND length(validity) = size / 8 AND length(rowids) = 8 * size THEN "
	query := "SELECT chunk_id, size, " + fits + "validity END, " + fits + "rowids END" + names + " FROM " + quote(r.table+"_chunks") + " WHERE chunk_id > ? ORDER BY chunk_id LIMIT 1"
	to := []any{&c.id, &c.size, &c.validity, &c.rowids}
	for i := range c.partitions {
		to = append(to, &c.partitions[i])
	}
	err := r.db.QueryRowContext(ctx, query, r.after).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return io.EOF
	}
	if err != nil {
		return unreadable(ctx, err)
	}
	if c.id <= r.after { // whatever SQLite was asked for: the file may be damaged
		return damaged("chunk %d comes behind chunk %d", c.id, r.after)
	}
	if c.size < 1 || c.size > mostSlots || c.size%8 != 0 || len(c.validity) != c.size/8 || len(c.rowids) != 8*c.size {
		return damaged("chunk %d of %d slots has bits or rowids for another number", c.id, c.size)
	}
	r.after, r.chunk = c.id, c
	if !whole {
		return nil
	}
	return r.fill(ctx, c)
}

// names returns the columns of other tables in which the columns of a kind are, and how many.
func (r *Rows) names(k kind, format string) (names string, n int) {
	var b strings.Builder
	for _, c := range r.columns {
		if c.kind == k {
			fmt.Fprintf(&b, format, c.index)
			n++
		}
	}
	return b.String(), n
}

// unreadable says that SQLite found the file damaged, unless it was stopped.
func unreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return damaged("%v", err)
}

// fill reads the vectors and the metadata of c.
func (r *Rows) fill(ctx context.Context, c *chunk) (err error) {
	c.vectors, err = r.blob(ctx, fmt.Sprintf("_vector_chunks%02d", r.vector.index), "vectors", c.id, int64(c.size)*int64(r.vector.width()))
	if err != nil {
		return err
	}
	c.metadata = nil
	for _, one := range r.columns {
		if one.kind != metadataColumn {
			continue
		}
		want := int64(c.size) * 8
		switch {
		case isBool(one.typ):
			want = int64(c.size) / 8
		case one.typ == "text":
			want = int64(c.size) * textView
		}
		b, err := r.blob(ctx, fmt.Sprintf("_metadatachunks%02d", one.index), "data", c.id, want)
		if err != nil {
			return err
		}
		c.metadata = append(c.metadata, b)
	}
	return nil
}

func isBool(typ string) bool { return strings.HasPrefix(typ, "bool") }

// blob reads one of want bytes. sqlite-vec addresses it by the number of its row, which is not
// its column of the same name.
func (r *Rows) blob(ctx context.Context, table, name string, id, want int64) ([]byte, error) {
	from := " FROM " + quote(r.table+table) + " WHERE _rowid_ = ?"
	var have int64
	err := r.db.QueryRowContext(ctx, "SELECT length("+name+")"+from, id).Scan(&have)
	if err == nil && (have != want || want > mostBytes) {
		return nil, damaged("chunk %d has %d bytes in %s%s, and not %d", id, have, r.table, table, want)
	}
	var b []byte
	if err == nil {
		err = r.db.QueryRowContext(ctx, "SELECT CAST("+name+" AS BLOB)"+from, id).Scan(&b)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, damaged("chunk %d has no row in %s%s", id, r.table, table)
	}
	if err != nil {
		return nil, unreadable(ctx, err)
	}
	if int64(len(b)) != want {
		return nil, damaged("chunk %d has %d bytes in %s%s, and not %d", id, len(b), r.table, table, want)
	}
	return b, nil
}

// rowid returns that of a slot.
func (c *chunk) rowid(slot int) int64 {
	return int64(binary.LittleEndian.Uint64(c.rowids[8*slot:]))
}

// embedding returns the vector of a slot.
func (c *chunk) embedding(v *column, slot int) []float32 {
	raw := c.vectors[slot*v.width():]
	out := make([]float32, v.dims)
	for i := range out {
		if v.width() == v.dims { // int8
			out[i] = float32(int8(raw[i]))
			continue
		}
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// side is what other tables have of a row.
type side struct {
	key       string
	auxiliary []any
}

// beside reads the id and the auxiliary columns of a row, and checks that it is in the slot.
func (r *Rows) beside(ctx context.Context, rowid int64, slot int) (s side, err error) {
	names, n := r.names(auxiliaryColumn, ", a.value%02d")
	s.auxiliary = make([]any, n)
	query := "SELECT r.id, r.chunk_id, r.chunk_offset" + names + " FROM " + quote(r.table+"_rowids") + " r"
	if len(s.auxiliary) > 0 {
		query += " LEFT JOIN " + quote(r.table+"_auxiliary") + " a ON a.rowid = r.rowid"
	}
	var id sql.NullString
	var in, at sql.NullInt64
	to := []any{&id, &in, &at}
	for i := range s.auxiliary {
		to = append(to, &s.auxiliary[i])
	}
	err = r.db.QueryRowContext(ctx, query+" WHERE r.rowid = ?", rowid).Scan(to...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s, damaged("rowid %d is in chunk %d, and not in %s_rowids", rowid, r.chunk.id, r.table)
	case err != nil:
		return s, unreadable(ctx, err)
	case in.Int64 != r.chunk.id || at.Int64 != int64(slot):
		return s, damaged("rowid %d is in slot %d of chunk %d, and said to be in slot %d of chunk %d", rowid, slot, r.chunk.id, at.Int64, in.Int64)
	}
	s.key = strconv.FormatInt(rowid, 10)
	if id.Valid && id.String != "" {
		s.key = id.String
	}
	return s, nil
}
