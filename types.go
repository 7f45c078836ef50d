package memista

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// Metric says how the distance between two embeddings is measured.
type Metric string

// The metrics. Cosine is the default.
const (
	InnerProduct Metric = "ip"     // distance 1 - dot, score dot
	Cosine       Metric = "cosine" // distance 1 - cos, score cos; zero vectors are refused
	L2           Metric = "l2"     // distance squared Euclidean, score 1/(1+distance)
)

// Durability says what an acknowledgement promises.
type Durability string

// The durabilities. Full is the default.
const (
	Full   Durability = "full"   // survives a crash of the process and of the machine
	Normal Durability = "normal" // survives a crash of the process; a power cut may lose the last changes
)

// Options configure Open. The zero value, and nil, mean the defaults.
type Options struct {
	Durability Durability // "" is Full
	// SecureDelete overwrites what is deleted with zeros in the SQLite file.
	SecureDelete bool
	Engine       string // engine of databases that name none; "" is the build's default
	// MemoryBudget bounds the bytes of vectors and graphs of all open databases: past it,
	// those used longest ago are closed, to be opened again at their next use. 0 is no
	// bound.
	MemoryBudget int64
	// IdleClose is after how long without use a database is closed in the same way; 0 is
	// never.
	IdleClose time.Duration
	// Report, if not nil, is told of faults that no call returns: an index file that could
	// not be used or written. The rows are not touched by them. It may be called from any
	// goroutine.
	Report func(database string, err error)
}

// DatabaseOptions are the settings of a new database. Zero values are defaults.
type DatabaseOptions struct {
	Dims   int    // components of each embedding; 0: as the first one stored
	Metric Metric // "" is Cosine
	Engine string // "" is the build's default
	// M, EfConstruction and EfSearch are the links per node and the beam widths of a
	// graph (Malkov & Yashunin, 2016); 0 leaves them to the engine.
	M, EfConstruction, EfSearch int
	Storage                     string        // kind of codes a graph walks over: "f32", "bf16", "i8"; "" is the engine's default. Vectors too alike for it get "f32"
	TTL                         time.Duration // how long chunks live that bring no TTL of their own; 0: forever
	// Metadata is a JSON object about the database itself, or nil.
	Metadata json.RawMessage
	// FullText keeps an index of the texts, which SearchOptions.Text needs, and says how they
	// are taken apart; "" keeps none. A program built with C has it only with the tag
	// sqlite_fts5 (go build -tags sqlite_fts5), one built without C (CGO_ENABLED=0) always;
	// others get ErrUnsupported.
	FullText Tokenizer
}

// Tokenizer names how texts are indexed for searches by words.
type Tokenizer string

// The tokenizers. The page docs/full-text.md has what each of them finds.
const (
	Words   Tokenizer = "words"   // whole words
	English Tokenizer = "english" // words by their stems: run finds running
	Trigram Tokenizer = "trigram" // any part of a text, in any language
)

// Database describes a database.
type Database struct {
	ID     string
	Dims   int // 0 while nothing was ever stored and none was set
	Metric Metric
	Engine string // "" is the build's default
	// M, EfConstruction, EfSearch and Storage are as they were set; zero is the engine's own.
	M, EfConstruction, EfSearch int

	Storage   string
	TTL       time.Duration // of chunks that bring none; 0: forever
	FullText  Tokenizer     // how texts are indexed; "": not at all
	Chunks    int64
	Sequence  int64 // number of the last change
	CreatedAt time.Time
	Metadata  json.RawMessage // a JSON object, or nil
}

// Chunk is one piece of text with its embedding.
type Chunk struct {
	ID  int64  // given by Insert, from 1; never used again in the life of a database
	Key string // optional id of your own, unique in its database, up to 512 bytes
	// Text is what the embedding stands for, in UTF-8. It may be empty.
	Text string
	// Metadata is a JSON object, a JSON string, or nil. It comes back in the same form.
	Metadata json.RawMessage
	// Embedding is needed to insert; Get and Search return it when asked to.
	Embedding []float32
	// TTL is, in an insert, how long the chunk lives from then on; 0 is as long as its
	// database says. Once it has expired nothing finds it.
	TTL time.Duration
	// ExpiresAt is when the chunk expires; zero is never. It is returned, and passed over
	// by Insert.
	ExpiresAt time.Time
}

// Hit is one result of a search.
type Hit struct {
	Chunk
	Score    float32 // higher is better
	Distance float32 // smaller is nearer; with Ranks, 0 where the embedding did not find it
	// Ranks is where the hit stands in the lists by embedding and by words, for a search
	// with Text; else nil.
	Ranks *Ranks
}

// Ranks says where a hit stands in both lists of a search with Text.
type Ranks struct {
	Vector, Text           int     // from 1; 0: not among the candidates of that list
	VectorScore, TextScore float32 // the list's own: that of the metric, and BM25
}

func fromHit(h domain.Hit) Hit {
	hit := Hit{Chunk: fromChunk(h.Chunk), Score: h.Score, Distance: h.Distance}
	if p := h.Places; p != nil {
		hit.Ranks = &Ranks{Vector: p.Vector.Rank, Text: p.Text.Rank, VectorScore: p.Vector.Score, TextScore: p.Text.Score}
	}
	return hit
}

func hitLists(found [][]domain.Hit) [][]Hit {
	lists := make([][]Hit, len(found))
	for i, hits := range found {
		lists[i] = make([]Hit, len(hits))
		for j, h := range hits {
			lists[i][j] = fromHit(h)
		}
	}
	return lists
}

// OnConflict says what Insert does with a chunk whose key exists.
type OnConflict int

// What to do with a key that exists. Replace is the default.
const (
	Replace OnConflict = iota // replace the whole chunk, which keeps its id
	Refuse                    // store nothing and return ErrConflict
	Skip                      // leave the stored chunk as it is
)

// InsertOptions configure Insert. The zero value, and nil, mean the defaults.
type InsertOptions struct {
	OnConflict OnConflict
}

// SearchOptions configure Search. The zero value, and nil, mean the defaults.
type SearchOptions struct {
	// Filter is a filter as JSON, in the words of the HTTP API, as in {"page":{"$gte":3}}:
	// only chunks that it selects come back, and if k of them exist, k do. Nil is none.
	Filter   json.RawMessage
	Offset   int      // nearest chunks to pass over; pages of the same k fit together
	MinScore *float32 // leave out hits that score less
	Ef       int      // beam width of a graph search; 0: chosen for good recall
	Exact    bool     // compare with every embedding: slower, recall 1
	// Text finds chunks by their words, in a database made with FullText: alone if there
	// is no embedding, else both lists become one. Words stand in any order; "a phrase" in
	// quotes stands as it is, and a star at the end of a word is any ending.
	Text          string
	AllWords      bool    // only chunks with all of the words; else any of them will do
	Fusion        *Fusion // how both lists become one; nil: by reciprocal rank
	WithEmbedding bool    // hits carry their embeddings
	// OnlyIDs leaves text and metadata out.
	OnlyIDs bool
}

// FusionMethod names how a list by embedding and a list by words become one.
type FusionMethod string

// The methods of fusion. ReciprocalRank is the default.
const (
	ReciprocalRank FusionMethod = "rrf"      // the sum of weight/(RankConstant + rank)
	WeightedScores FusionMethod = "weighted" // the sum of weight × score, each list's scores brought to 0…1
)

// Fusion says how a list by embedding and a list by words become one. Zero values mean
// the defaults.
type Fusion struct {
	Method       FusionMethod
	RankConstant int // of ReciprocalRank; 0: 60
	// VectorWeight and TextWeight weigh the lists; nil: 1. One may be 0: what only that list
	// has is then left out. Both 0 is ErrInvalid.
	VectorWeight, TextWeight *float64
	Candidates               int // taken from each list; 0: 100, or as many as are asked for
}

func (f *Fusion) domain() domain.Fusion {
	if f == nil {
		return domain.Fusion{}
	}
	return domain.Fusion{Method: domain.FusionMethod(f.Method), RankConstant: f.RankConstant,
		VectorWeight: f.VectorWeight, TextWeight: f.TextWeight, Candidates: f.Candidates}
}

// fields returns the parts of chunks that hits carry.
func fields(onlyIDs, withEmbedding bool) domain.Fields {
	f := domain.DefaultFields
	if onlyIDs {
		f = 0
	}
	if withEmbedding {
		f |= domain.FieldEmbedding
	}
	return f
}

// ListOptions configure List. The zero value, and nil, mean the defaults.
type ListOptions struct {
	Filter json.RawMessage // as in SearchOptions
	After  int64           // only chunks with ids above it
	Limit  int             // 0: 100
}

// toFilter parses a filter; nil is none.
func toFilter(raw json.RawMessage) (*domain.Filter, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	f, err := domain.ParseFilter(raw)
	if err != nil {
		return nil, err
	}
	return &f, nil
}

func toDomain(chunks []Chunk) ([]domain.Chunk, error) {
	out := make([]domain.Chunk, len(chunks))
	for i := range chunks {
		c := &chunks[i]
		if c.ID != 0 {
			return nil, domain.Errorf(domain.ErrInvalid, "chunks[%d].ID is given by Insert and must be 0; use Key for an id of your own", i)
		}
		m, err := toMetadata(c.Metadata)
		if err != nil {
			return nil, domain.At(err, fmt.Sprintf("chunks[%d]", i))
		}
		out[i] = domain.Chunk{Key: c.Key, Text: c.Text, Metadata: m, Embedding: c.Embedding, TTL: c.TTL}
	}
	return out, nil
}

func toMetadata(raw json.RawMessage) (domain.Metadata, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return domain.Metadata{}, nil
	case !utf8.Valid(raw): // Unmarshal would put something else in its place
		return domain.Metadata{}, domain.Errorf(domain.ErrInvalid, "metadata is not valid UTF-8")
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return domain.Metadata{}, domain.Errorf(domain.ErrInvalid, "metadata: %v", err)
		}
		return domain.MetadataString(s), nil
	}
	return domain.MetadataObject(raw)
}

func fromMetadata(m domain.Metadata) json.RawMessage {
	switch m.Form {
	case domain.StringMetadata:
		raw, err := json.Marshal(m.Text)
		if err != nil {
			panic("memista: a string does not marshal: " + err.Error()) // it always does
		}
		return raw
	case domain.ObjectMetadata:
		return json.RawMessage(m.Text)
	case domain.NoMetadata:
	}
	return nil
}

func fromChunk(c domain.Chunk) Chunk {
	return Chunk{ID: c.ID, Key: c.Key, Text: c.Text, Metadata: fromMetadata(c.Metadata), Embedding: c.Embedding, ExpiresAt: c.ExpiresAt}
}

func fromDatabase(d domain.Database) Database {
	return Database{
		ID: d.ID, Dims: d.Dims, Metric: Metric(d.Metric), Engine: d.Engine,
		M: d.M, EfConstruction: d.EfConstruction, EfSearch: d.EfSearch, Storage: d.Storage, TTL: d.TTL, FullText: Tokenizer(d.FullText),
		Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt, Metadata: fromMetadata(d.Metadata),
	}
}
