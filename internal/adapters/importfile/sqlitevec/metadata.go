package sqlitevec

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/memista/memista/internal/domain"
)

// metadata returns the values of all columns of a row that are neither vectors nor its id, as
// a JSON object; empty if there are none.
func (r *Rows) metadata(ctx context.Context, rowid int64, slot int, auxiliary []any) ([]byte, error) {
	var b bytes.Buffer
	for _, c := range r.columns {
		var v any
		var err error
		switch c.kind {
		case partitionColumn:
			v = r.chunk.partitions[c.index]
		case auxiliaryColumn:
			v = auxiliary[c.index]
		case metadataColumn:
			v, err = r.value(ctx, &c, rowid, slot)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := add(&b, &c, v); err != nil {
			return nil, err
		}
	}
	if b.Len() > 0 {
		b.WriteByte('}')
	}
	return b.Bytes(), nil
}

// add adds a field to the object that b begins.
func add(b *bytes.Buffer, c *column, v any) error {
	raw, ok := v.([]byte) // a driver gives a text as bytes, too, where its column has no type
	switch {
	case ok && c.typ != "blob" && utf8.Valid(raw):
		v = string(raw)
	case ok: // as base64
	default:
		if f, isFloat := v.(float64); isFloat && (math.IsNaN(f) || math.IsInf(f, 0)) {
			v = nil
		}
		if s, isText := v.(string); isText && !utf8.ValidString(s) {
			return domain.Errorf(domain.ErrInvalid, "column %q is not valid UTF-8", c.name)
		}
	}
	name, err := json.Marshal(c.name)
	if err != nil {
		return err
	}
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("column %q: %w", c.name, err)
	}
	if b.Len() == 0 {
		b.WriteByte('{')
	} else {
		b.WriteByte(',')
	}
	b.Write(name)
	b.WriteByte(':')
	b.Write(value)
	return nil
}

// value returns that of a metadata column.
func (r *Rows) value(ctx context.Context, c *column, rowid int64, slot int) (any, error) {
	raw := r.chunk.metadata[c.index]
	le := binary.LittleEndian
	switch {
	case isBool(c.typ):
		return raw[slot/8]>>(slot%8)&1 == 1, nil
	case strings.HasPrefix(c.typ, "int"):
		return int64(le.Uint64(raw[8*slot:])), nil
	case c.typ != "text": // float, double, float64, f64
		return math.Float64frombits(le.Uint64(raw[8*slot:])), nil
	}
	view := raw[textView*slot : textView*(slot+1)]
	n := le.Uint32(view)
	if n <= textView-4 {
		return string(view[4 : 4+n]), nil
	}
	var text string
	err := r.db.QueryRowContext(ctx, fmt.Sprintf("SELECT data FROM %s WHERE rowid = ?", quote(fmt.Sprintf("%s_metadatatext%02d", r.table, c.index))), rowid).Scan(&text)
	if err != nil {
		return nil, unreadable(ctx, err)
	}
	return text, nil
}
