package schema

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
)

// EmbeddingColumns are what ScanChunk reads of a chunk c with the embedding e.
const EmbeddingColumns = ", e.embedding, c.form"

// MetadataOf returns metadata by its columns form and metadata.
func MetadataOf(form, text driver.Value) (m domain.Metadata) {
	f, _ := form.(int64)
	m.Form = domain.MetadataForm(f &^ NoEmbedding)
	m.Text, _ = text.(string)
	return m
}

// ScanChunk reads one row of a selection.
func ScanChunk(c *domain.Chunk, row []driver.Value, fields domain.Fields) error {
	c.ID, _ = row[0].(int64)
	c.Key, _ = row[1].(string)
	c.Sequence, _ = row[2].(int64)
	if expires, ok := row[3].(int64); ok {
		c.ExpiresAt = time.UnixMicro(expires).UTC()
	}
	rest := row[4:]
	if fields.Has(domain.FieldText) {
		c.Text, _ = rest[0].(string)
		rest = rest[1:]
	}
	if fields.Has(domain.FieldMetadata) {
		c.Metadata = MetadataOf(rest[0], rest[1])
		rest = rest[2:]
	}
	if !fields.Has(domain.FieldEmbedding) {
		return nil
	}
	raw, ok := rest[0].([]byte)
	if form, known := rest[1].(int64); !ok && known && form&NoEmbedding != 0 {
		return nil
	}
	if !ok {
		return fmt.Errorf("chunk %d has no embedding: %w", c.ID, domain.ErrCorrupt)
	}
	var err error
	c.Embedding, err = DecodeEmbedding(raw)
	return err
}
