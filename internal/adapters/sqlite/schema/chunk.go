package schema

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
)

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
		form, _ := rest[0].(int64)
		c.Metadata.Form = domain.MetadataForm(form)
		c.Metadata.Text, _ = rest[1].(string)
		rest = rest[2:]
	}
	if !fields.Has(domain.FieldEmbedding) {
		return nil
	}
	raw, ok := rest[0].([]byte)
	if !ok {
		return fmt.Errorf("chunk %d has no embedding: %w", c.ID, domain.ErrCorrupt)
	}
	var err error
	c.Embedding, err = DecodeEmbedding(raw)
	return err
}
