package api

import (
	"encoding/json"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Metric says how the distance between two embeddings is measured.
type Metric string

// The metrics. Cosine is the default.
const (
	InnerProduct Metric = "ip"     // distance 1 - dot, score dot
	Cosine       Metric = "cosine" // distance 1 - cos, score cos; zero vectors are refused, unless embeddings are optional
	L2           Metric = "l2"     // distance squared Euclidean, score 1/(1+distance)
)

// Tokenizer names how texts are indexed for searches by words.
type Tokenizer string

// The tokenizers. The page docs/full-text.md has what each of them finds.
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

// Settings are the choices for a database. In a new one zero values are the defaults; of
// one that exists they say that a choice is left to the engine.
type Settings struct {
	Dims   int    `json:"dimensions,omitempty"` // components of each embedding; 0: as the first one stored
	Metric Metric `json:"metric,omitempty"`     // "" is Cosine
	Engine string `json:"engine,omitempty"`     // "" is the build's default
	// M, EfConstruction and EfSearch are the links per node and the beam widths of a
	// graph (Malkov & Yashunin, 2016); 0 leaves them to the engine.
	M              int `json:"m,omitempty"`
	EfConstruction int `json:"ef_construction,omitempty"`
	EfSearch       int `json:"ef_search,omitempty"`
	// TargetRecall is which share of the ten nearest searches are to find that bring no beam
	// width, from 0.5 to 0.999; 0: what the engine makes of it. It is measured when the database
	// has changed, in the background, and the beam width is chosen so. Not beside EfSearch.
	TargetRecall float64 `json:"target_recall,omitempty"`
	// Storage is the kind of codes a graph walks over: "f32", "bf16", "f16", "i8"; "" is the
	// engine's default. Vectors too alike for it get "f32".
	Storage string        `json:"storage,omitempty"`
	TTL     time.Duration `json:"-"` // how long chunks live that bring none of their own; 0: forever. A server takes whole seconds
	// FullText keeps an index of the texts, which SearchOptions.Text needs, and says how they
	// are taken apart; "" keeps none. A program built with C has it only with the tag
	// sqlite_fts5 (go build -tags sqlite_fts5), one built without C (CGO_ENABLED=0) always;
	// others get ErrUnsupported.
	FullText Tokenizer `json:"full_text,omitempty"`
	Metadata Metadata  `json:"metadata,omitzero"` // an object about the database itself
	// Embedder makes the embeddings of chunks that are stored, and of questions that are
	// asked, with a text only. Dims are then those of its model. The zero one is the
	// default of the server or the library for chunks without an embedding, if it has one.
	Embedder Embedder `json:"embedder,omitzero"`
	// OptionalEmbeddings lets chunks be without an embedding, and have one of length zero
	// under Cosine. No search near a vector finds them; they are listed, counted, filtered
	// and found by their words as all others.
	OptionalEmbeddings bool `json:"optional_embeddings,omitempty"`
	// Sparse declares the sparse vectors that chunks may have, up to 64 by their names of up to
	// 128 bytes; nil: none. Update adds to them, and changes their modifiers.
	Sparse map[string]SparseSettings `json:"sparse,omitempty"`
	// Vectors declares further embeddings that chunks may have, up to 16 by their names of up
	// to 128 bytes; nil: none. They stay as they are.
	Vectors map[string]VectorSettings `json:"vectors,omitempty"`
}

// VectorSettings are the choices for the vectors of one name.
type VectorSettings struct {
	Dims   int    `json:"dims"`             // components of each
	Metric Metric `json:"metric,omitempty"` // "": Cosine
}

// DefaultEmbedder stands in Settings for the embedder of databases that name none, so that a
// database has it from the beginning. Create is ErrUnsupported where there is none.
var DefaultEmbedder = Embedder{Provider: domain.DefaultEmbedder.Provider, Model: domain.DefaultEmbedder.Model}

// Embedder names what makes embeddings of texts.
type Embedder struct {
	Provider string `json:"provider"` // "static", "openai" or "ollama"
	Model    string `json:"model"`    // as the provider calls it
}

// Update says which settings of a database to change. What is left at its zero value stays
// as it is; a pointer to zero asks for the default.
type Update struct {
	Metric         *Metric
	Engine         *string
	M              *int
	EfConstruction *int
	EfSearch       *int
	TargetRecall   *float64
	Storage        *string
	TTL            *time.Duration // of chunks stored from then on that bring none; 0: forever
	FullText       *Tokenizer     // "": none
	// Metadata is merged into that of the database (RFC 7396): fields replace those of the
	// same name, null removes one; Meta(nil) removes all.
	Metadata           Metadata
	OptionalEmbeddings *bool // can be turned on, and not off again
	// Sparse is all sparse vectors that are declared then, with those that are now.
	Sparse map[string]SparseSettings
}

// DatabaseInfo describes a database.
type DatabaseInfo struct {
	ID string `json:"id"`
	Settings
	Chunks    int64     `json:"chunks"`
	Sequence  int64     `json:"sequence"` // number of the last change
	CreatedAt time.Time `json:"created_at"`
}

// DatabasesOptions configure DatabasesPage. The zero value, and nil, mean all.
type DatabasesOptions struct {
	After  string // only ids behind it
	Prefix string // only ids that begin so
	Limit  int    // 0: all
}

// DatabasePage is what DatabasesPage returns.
type DatabasePage struct {
	Databases []DatabaseInfo // in the order of their ids
	Next      string         // After of the next page; "": this was the last one
}

// ReembedOptions configure Reembed. The zero value, and nil, leave all as it is.
type ReembedOptions struct {
	Metric Metric // by which the new embeddings are compared; "": as before
}
