package encode

import (
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Parts says what of a chunk an answer carries, and in which form.
type Parts struct {
	Fields domain.Fields
	Base64 bool // embeddings as base64 instead of as arrays
}

// AppendStored appends a chunk that is described for its own sake, and not as a hit: with
// the time at which it expires.
func AppendStored(b []byte, ch *domain.Chunk, p Parts) []byte {
	b = appendChunk(append(b, '{'), ch, p)
	if ch.ExpiresAt.IsZero() {
		return append(b, `,"expires_at":null}`...)
	}
	b = ch.ExpiresAt.UTC().AppendFormat(append(b, `,"expires_at":"`...), time.RFC3339Nano)
	return append(b, `"}`...)
}

// appendChunk appends the members of a chunk, without braces.
func appendChunk(b []byte, ch *domain.Chunk, p Parts) []byte {
	b = strconv.AppendInt(append(b, `"chunk_id":`...), ch.ID, 10)
	b = append(b, `,"key":`...)
	if ch.Key == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, ch.Key)
	}
	if p.Fields.Has(domain.FieldText) {
		b = wire.AppendString(append(b, `,"text":`...), ch.Text)
	}
	if p.Fields.Has(domain.FieldMetadata) {
		b = appendMetadata(append(b, `,"metadata":`...), ch.Metadata)
	}
	return p.appendVectors(p.appendSparse(p.appendEmbedding(b, ch.Embedding), ch.Sparse), ch.Vectors)
}

// appendEmbedding appends the member embedding, if it is asked for, in the form asked for.
func (p Parts) appendEmbedding(b []byte, v []float32) []byte {
	switch {
	case !p.Fields.Has(domain.FieldEmbedding):
		return b
	case len(v) == 0:
		return append(b, `,"embedding":null`...)
	case p.Base64:
		return wire.AppendBase64(append(b, `,"embedding":`...), v)
	}
	return wire.AppendFloats(append(b, `,"embedding":`...), v)
}

// appendMetadata appends m in the form it was sent.
func appendMetadata(b []byte, m domain.Metadata) []byte {
	switch m.Form {
	case domain.StringMetadata:
		return wire.AppendString(b, m.Text)
	case domain.ObjectMetadata:
		return wire.AppendJSON(b, m.Text)
	case domain.NoMetadata:
	}
	return append(b, "null"...)
}
