package exportfile

import (
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// lines writes a chunk a line, as memista imports it.
type lines struct {
	out
	now func() time.Time
}

// row is a line.
type row struct {
	Key       string    `json:"key,omitempty"`
	Text      string    `json:"text,omitempty"`
	Metadata  any       `json:"metadata,omitempty"`
	Embedding []float32 `json:"embedding,omitempty"`
	TTL       int64     `json:"ttl_seconds,omitzero"`

	Sparse  map[string]sparseVector `json:"sparse,omitempty"`
	Vectors domain.Vectors          `json:"vectors,omitempty"`
}

func newLines(o out, _ Options) Writer { return &lines{o, time.Now} }

// Write writes a chunk. What is left of its life is rounded up to a second.
func (l *lines) Write(c domain.Chunk) error {
	r := row{Key: c.Key, Text: c.Text, Embedding: c.Embedding, Sparse: sparseVectors(c.Sparse), Vectors: c.Vectors}
	switch c.Metadata.Form {
	case domain.ObjectMetadata:
		r.Metadata = jsontext.Value(c.Metadata.Text)
	case domain.StringMetadata:
		r.Metadata = c.Metadata.Text
	case domain.NoMetadata:
	}
	if !c.ExpiresAt.IsZero() {
		r.TTL = max(1, int64(math.Ceil(c.ExpiresAt.Sub(l.now()).Seconds())))
	}
	return l.line(r)
}

// Close writes what is left.
func (l *lines) Close() error { return l.w.Flush() }

// Notes returns none: everything is written.
func (l *lines) Notes() []string { return nil }
