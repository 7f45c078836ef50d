package client

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// Chunk is one piece of text with its embedding.
type Chunk struct {
	ID        int64           // given by the server
	Key       string          // optional id of your own, unique in its database
	Text      string          //
	Metadata  json.RawMessage // a JSON object, a JSON string, or nil
	Embedding []float32       // needed to insert
	// TTL is, in an insert, how long the chunk lives from then on, in whole seconds; 0 is
	// as long as its database says.
	TTL       time.Duration
	ExpiresAt time.Time // when it expires, in answers of Chunk; zero is never
}

// Hit is one result of a search.
type Hit struct {
	Chunk
	Score    float32 // higher is better
	Distance float32 // smaller is nearer; with Scores, 0 where the embedding did not find it
	Scores   *Scores // of a search with Text
}

// Settings are the choices for a new database. Zero values are the server's defaults.
type Settings struct {
	Dimensions     int    `json:"dimensions,omitempty"`
	Metric         string `json:"metric,omitempty"` // "ip", "cosine", "l2"
	Engine         string `json:"engine,omitempty"`
	M              int    `json:"m,omitempty"`
	EfConstruction int    `json:"ef_construction,omitempty"`
	EfSearch       int    `json:"ef_search,omitempty"`
	Storage        string `json:"storage,omitempty"`
	// TTLSeconds is how long chunks live that do not say so themselves.
	TTLSeconds int64           `json:"ttl_seconds,omitempty"`
	FullText   Tokenizer       `json:"full_text,omitempty"` // how texts are indexed; "": not at all
	Metadata   json.RawMessage `json:"metadata,omitempty"`  // a JSON object about the database
}

// Tokenizer names how texts are indexed for searches by words.
type Tokenizer string

// The tokenizers.
const (
	Words   Tokenizer = "words"   // whole words
	English Tokenizer = "english" // words by their stems: run finds running
	Trigram Tokenizer = "trigram" // any part of a text, in any language
)

// UnmarshalJSON reads a name, or false for none and true for Words.
func (t *Tokenizer) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "false", "null":
		*t = ""
		return nil
	case "true":
		*t = Words
		return nil
	}
	return json.Unmarshal(raw, (*string)(t))
}

// Database describes a database.
type Database struct {
	ID string `json:"id"`
	Settings
	Chunks    int64     `json:"chunks"`
	Sequence  int64     `json:"sequence"` // number of the last change
	CreatedAt time.Time `json:"created_at"`
}

// SearchOptions configure Search. The zero value, and nil, mean the defaults.
type SearchOptions struct {
	Offset   int             // nearest chunks to pass over
	Filter   json.RawMessage // as in {"page":{"$gte":3}}: only chunks that it selects come back; nil: none
	MinScore *float32        // leave out hits that score less
	Ef       int             // beam width of a graph search; 0: chosen for good recall
	Exact    bool            // compare with every embedding
	Include  []string        // parts of the hits: "text", "metadata", "embedding"; nil: the first two
	// Text finds chunks by their words, in a database made with FullText: alone where the
	// embedding is nil, else both lists become one.
	Text     string
	AllWords bool    // only chunks with all of the words; else any of them will do
	Fusion   *Fusion // how both lists become one; nil: by reciprocal rank
}

// Fusion says how a list by embedding and a list by words become one. Zero values mean
// the server's defaults.
type Fusion struct {
	Method       string `json:"method,omitempty"`        // "rrf" or "weighted"
	RankConstant int    `json:"rank_constant,omitempty"` // of "rrf"
	// VectorWeight and TextWeight weigh the lists; nil: 1. One may be 0: what only that list
	// has is then left out.
	VectorWeight *float64 `json:"vector_weight,omitempty"`
	TextWeight   *float64 `json:"text_weight,omitempty"`
	Candidates   int      `json:"candidates,omitempty"` // taken from each list
}

// Scores are those of the lists that have a hit; nil where a list has it not.
type Scores struct {
	Vector *float32 `json:"vector"`
	Text   *float32 `json:"text"` // BM25
}

// OnConflict says what Insert does with a chunk whose key exists.
type OnConflict string

// What to do with a key that exists. Replace is the default.
const (
	Replace OnConflict = "replace" // replace the whole chunk, which keeps its id
	Refuse  OnConflict = "error"   // store nothing; ErrConflict tells
	Skip    OnConflict = "skip"    // leave the stored chunk as it is
)

// InsertOptions configure Insert. The zero value, and nil, mean the defaults.
type InsertOptions struct {
	OnConflict OnConflict
}

// vector reads an embedding in both of the forms that a server sends.
type vector []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *vector) UnmarshalJSON(raw []byte) error {
	if len(raw) == 0 || raw[0] != '"' {
		return json.Unmarshal(raw, (*[]float32)(v))
	}
	var b []byte // which encoding/json takes from base64
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("embedding: %w", err)
	}
	if len(b)%4 != 0 {
		return fmt.Errorf("embedding: %d bytes are no whole number of float32", len(b))
	}
	*v = make(vector, len(b)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// wireChunk is a chunk, or a hit, in the server's JSON.
type wireChunk struct {
	ID        int64           `json:"chunk_id"`
	Key       string          `json:"key"`
	Text      string          `json:"text"`
	Metadata  json.RawMessage `json:"metadata"`
	Embedding vector          `json:"embedding"`
	Score     float32         `json:"score"`
	Distance  float32         `json:"distance"`
	Scores    *Scores         `json:"scores"`
	ExpiresAt time.Time       `json:"expires_at"`
}

func (w wireChunk) chunk() Chunk {
	c := Chunk{ID: w.ID, Key: w.Key, Text: w.Text, Metadata: w.Metadata, Embedding: w.Embedding, ExpiresAt: w.ExpiresAt}
	if string(c.Metadata) == "null" {
		c.Metadata = nil
	}
	return c
}
