package domain

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxKeyLength is the longest caller's key in bytes.
const MaxKeyLength = 512

// Chunk is one stored piece of text with its embedding.
type Chunk struct {
	ID        int64  // assigned by the repository, from 1, never reused in one life of a database
	Key       string // optional caller's id, unique in its database; "" is none
	Text      string
	Metadata  Metadata
	Embedding []float32
	Sparse    SparseVectors // ascending by index where they were read
	Vectors   Vectors       // under the names that the database declares
	// TTL is, in an insert, how long the chunk is to live; 0 is as long as its database
	// says. Repositories pass it over: they keep ExpiresAt.
	TTL       time.Duration
	ExpiresAt time.Time // zero: never
	Sequence  int64     // the change that last wrote it
}

// Size returns how many bytes the text, the metadata and the vectors of c take.
func (c *Chunk) Size() int64 {
	return int64(len(c.Text)) + int64(len(c.Metadata.Text)) + 4*int64(len(c.Embedding)) + c.Sparse.Size() + c.Vectors.Size()
}

// MetadataForm says in which form metadata was sent, and so comes back.
type MetadataForm uint8

// The forms of metadata.
const (
	NoMetadata     MetadataForm = iota // null
	StringMetadata                     // any string, often JSON inside (the original's form)
	ObjectMetadata                     // a JSON object
)

// Metadata is what a caller wants to know of a chunk besides its text. Its zero value
// is null.
type Metadata struct {
	Form MetadataForm
	Text string // the string itself, or the object's JSON
}

// MetadataString returns metadata in string form.
func MetadataString(s string) Metadata { return Metadata{Form: StringMetadata, Text: s} }

// MetadataObject returns metadata in object form; raw must be a JSON object, else
// ErrInvalid. The JSON is kept as sent, without the white space between its tokens.
func MetadataObject(raw []byte) (Metadata, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return Metadata{}, Errorf(ErrInvalid, "metadata must be a JSON object, a string or null")
	}
	if !utf8.Valid(raw) {
		return Metadata{}, Errorf(ErrInvalid, "metadata is not valid UTF-8")
	}
	if depth(string(raw)) > maxMetadataDepth {
		return Metadata{}, Errorf(ErrInvalid, "metadata is nested deeper than %d levels", maxMetadataDepth)
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, raw); err != nil {
		return Metadata{}, Errorf(ErrInvalid, "metadata: %v", err)
	}
	return Metadata{Form: ObjectMetadata, Text: buf.String()}, nil
}

// maxMetadataDepth is how deep SQLite's functions for JSON look into a document.
const maxMetadataDepth = 1000

// depth returns how deep valid JSON is nested.
func depth(text string) int {
	now, most := 0, 0
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++ // what is escaped
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// Fields returns the JSON object inside m, for filters. Null, and a string that is not a
// JSON object, have none: ok is false.
func (m Metadata) Fields() (object string, ok bool) {
	switch m.Form {
	case ObjectMetadata:
		return m.Text, true
	case StringMetadata:
		t := strings.TrimLeft(m.Text, " \t\r\n") // what JSON takes for white space
		if strings.HasPrefix(t, "{") && json.Valid([]byte(t)) && depth(t) <= maxMetadataDepth {
			return m.Text, true
		}
	case NoMetadata:
	}
	return "", false
}

// CheckKey reports why key cannot be a caller's key: it must be valid UTF-8 of at most
// 512 bytes without NUL. The empty key means "none" and is fine.
func CheckKey(key string) error {
	if len(key) > MaxKeyLength {
		return Errorf(ErrInvalid, "key has %d bytes, at most %d are allowed", len(key), MaxKeyLength)
	}
	if !utf8.ValidString(key) {
		return Errorf(ErrInvalid, "key is not valid UTF-8")
	}
	for i := 0; i < len(key); i++ {
		if key[i] == 0 {
			return Errorf(ErrInvalid, "key contains a NUL byte")
		}
	}
	return nil
}

// CheckWords reports why the text and metadata of c cannot be stored: they must be valid
// UTF-8. JSON has nothing else, so they could not be sent as they are.
func (c *Chunk) CheckWords() error {
	if !utf8.ValidString(c.Text) {
		return Errorf(ErrInvalid, "text is not valid UTF-8")
	}
	if !utf8.ValidString(c.Metadata.Text) {
		return Errorf(ErrInvalid, "metadata is not valid UTF-8")
	}
	return nil
}

// Fields says which parts of a chunk to read; the id, key and sequence always come.
type Fields uint8

// The parts of a chunk.
const (
	FieldText Fields = 1 << iota
	FieldMetadata
	FieldEmbedding
	FieldSparse
	FieldVectors
)

// DefaultFields is what a hit carries when the caller names nothing.
const DefaultFields = FieldText | FieldMetadata

// WholeChunk is all parts of a chunk: what has to be read of one that is written again.
const WholeChunk = FieldText | FieldMetadata | FieldEmbedding | FieldSparse | FieldVectors

// Has reports whether f includes all of part.
func (f Fields) Has(part Fields) bool { return f&part == part }

// Selection says which chunks to read: the ones with the given IDs, or with the given
// Keys, or (both nil) the first Limit ones with an id above After. Chunks that have
// expired at the moment At are left out; with a zero At none are. Chunks that have more
// than MaxBytes together, of what is to be read of them, are ErrTooLarge as soon as that
// is known; 0 is no bound.
type Selection struct {
	IDs      []int64
	Keys     []string
	After    int64
	Skip     int // of those above After, how many to pass over
	Limit    int
	At       time.Time
	MaxBytes int64
}

// AnswerTooLarge is the ErrTooLarge for chunks of more than limit bytes in one answer.
func AnswerTooLarge(limit int64) error {
	return Errorf(ErrTooLarge, "the answer would have more than %d bytes, which is as much as is allowed: ask for fewer chunks at once, or for less of each with include", limit)
}

// KeepOnly drops the parts of c that were not asked for.
func (c *Chunk) KeepOnly(fields Fields) {
	if !fields.Has(FieldText) {
		c.Text = ""
	}
	if !fields.Has(FieldMetadata) {
		c.Metadata = Metadata{}
	}
	if !fields.Has(FieldEmbedding) {
		c.Embedding = nil
	}
	if !fields.Has(FieldSparse) {
		c.Sparse = nil
	}
	if !fields.Has(FieldVectors) {
		c.Vectors = nil
	}
}

// MaxTTL is the longest time to live of a chunk: 100 years.
const MaxTTL = 100 * 365 * 24 * time.Hour

// CheckTTL reports why ttl cannot be a time to live: it must be positive and at most
// MaxTTL. Zero means "none given" and is fine.
func CheckTTL(ttl time.Duration) error {
	if ttl < 0 {
		return Errorf(ErrInvalid, "a time to live must be positive, got %v: leave it out for the default", ttl)
	}
	if ttl > MaxTTL {
		return Errorf(ErrInvalid, "a time to live must be at most %d seconds, got %v", int64(MaxTTL/time.Second), ttl)
	}
	return nil
}

// Expired reports whether c has expired at the moment at: from its time of expiry on.
func (c *Chunk) Expired(at time.Time) bool {
	return !c.ExpiresAt.IsZero() && !at.Before(c.ExpiresAt)
}

// Expiry says when a chunk of a database expires.
type Expiry struct {
	ID int64
	At time.Time
}

// KeySelection says which chunks to read in the order of their keys: first those without one,
// in the order of their ids, and then the others by the bytes of their keys.
type KeySelection struct {
	After int64  // of those without a key: only ids above it
	From  string // the first key; with one, those without a key are left out
	Skip  int    // how many of the first ones to pass over
	Limit int
	Keep  func(id int64) bool // which to read; nil: all. It must be quick and must not call the repository
	// At and MaxBytes are as in Selection.
	At       time.Time
	MaxBytes int64
}

// KeyPage is a part of the chunks in the order of their keys.
type KeyPage struct {
	Chunks []Chunk
	Next   Ref // the chunk after them: its key, or its id if it has none; zero if there is none
}
