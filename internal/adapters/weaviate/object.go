package weaviate

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// keyed is the bit that ids of chunks with keys have, and others have not.
const keyed = 1 << 62

// IDOfKey implements ports.Cluster.
func (s *Store) IDOfKey(r ports.Room, key string) int64 {
	id, _ := nameOf(r, key)
	return id
}

// nameOf returns the id of the chunk with a key, and the rest of its UUID: 126 bits of a hash
// of the life of the database and the key.
func nameOf(r ports.Room, key string) (id int64, rest uint64) {
	h := sha256.New()
	h.Write(r.Life[:])
	h.Write([]byte(key))
	sum := h.Sum(nil)
	return int64(binary.BigEndian.Uint64(sum)>>2) | keyed, binary.BigEndian.Uint64(sum[8:])
}

// uuidFrom returns the UUID that begins with id.
func uuidFrom(id int64, rest uint64) (u uuid.UUID) {
	binary.BigEndian.PutUint64(u[:8], uint64(id))
	binary.BigEndian.PutUint64(u[8:], rest)
	return u
}

// uuidOf returns the UUID of a chunk.
func uuidOf(r ports.Room, id int64, key string) uuid.UUID {
	if key == "" {
		return uuidFrom(id, 0)
	}
	_, rest := nameOf(r, key)
	return uuidFrom(id, rest)
}

// idText is an id as propID has it.
func idText(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }

// objectOf returns the object of a chunk.
func objectOf(r ports.Room, c *domain.Chunk) wire.Object {
	p := wire.Properties{propID: idText(c.ID), propText: c.Text}
	if c.Key != "" {
		p[propKey] = c.Key
	}
	if c.Metadata.Form != domain.NoMetadata {
		p[propMeta], p[propForm] = c.Metadata.Text, int64(c.Metadata.Form)
	}
	if !c.ExpiresAt.IsZero() {
		p[propEnd] = c.ExpiresAt.UnixMicro()
	}
	if r.FullText != "" {
		p[propWords] = compared(c.Text, r.FullText)
	}
	o := wire.Object{ID: uuidOf(r, c.ID, c.Key), Properties: p}
	switch set := (domain.Settings{Metric: r.Metric, OptionalEmbeddings: true}); {
	case len(c.Embedding) == 0:
	case set.Searchable(c.Embedding):
		o.Vector = c.Embedding
	default:
		p[propRaw] = encodeVector(c.Embedding)
	}
	addFilterValues(p, c)
	return o
}

// chunkOf returns the chunk that an object is.
func chunkOf(o *wire.Object, fields domain.Fields) (c domain.Chunk, err error) {
	p := o.Properties
	id, err := strconv.ParseUint(p.Text(propID), 16, 63)
	if err != nil || id == 0 {
		return c, fmt.Errorf("object %s of the cluster is no chunk: %w", o.ID, domain.ErrCorrupt)
	}
	c.ID, c.Key, c.Text = int64(id), p.Text(propKey), p.Text(propText)
	if form, ok := p.Int(propForm); ok {
		c.Metadata = domain.Metadata{Form: domain.MetadataForm(form), Text: p.Text(propMeta)}
	}
	if at, ok := p.Int(propEnd); ok {
		c.ExpiresAt = time.UnixMicro(at).UTC()
	}
	if fields.Has(domain.FieldEmbedding) {
		c.Embedding = o.Vector
		if raw := p.Text(propRaw); raw != "" {
			if c.Embedding, err = decodeVector(raw); err != nil {
				return c, fmt.Errorf("embedding of chunk %d: %w", id, err)
			}
		}
		if len(c.Embedding) == 0 {
			c.Embedding = nil
		}
	}
	c.KeepOnly(fields)
	return c, nil
}

// propertiesFor are the properties that are read for fields.
func propertiesFor(fields domain.Fields) []string {
	list := []string{propID, propKey, propEnd}
	if fields.Has(domain.FieldText) {
		list = append(list, propText)
	}
	if fields.Has(domain.FieldMetadata) {
		list = append(list, propMeta, propForm)
	}
	if fields.Has(domain.FieldEmbedding) {
		list = append(list, propRaw)
	}
	return list
}

// encodeVector writes v in base64 of little-endian float32.
func encodeVector(v []float32) string {
	raw := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func decodeVector(text string) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw)%4 != 0 {
		return nil, domain.ErrCorrupt
	}
	v := make([]float32, len(raw)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}
