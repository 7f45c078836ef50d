package api

import "time"

// Chunk is one piece of text with its embedding.
type Chunk struct {
	ID  int64  `json:"chunk_id"`      // given by Insert, from 1; never used again in the life of a database
	Key string `json:"key,omitempty"` // optional id of your own, unique in its database, up to 512 bytes
	// Text is what the embedding stands for, in UTF-8. It may be empty.
	Text string `json:"text"`
	// Metadata is an object, as in Meta(map[string]any{"page": 3}), a string, or none. It
	// comes back in the same form.
	Metadata Metadata `json:"metadata"`
	// Embedding is needed to insert, unless the database makes it of the text or its embeddings
	// are optional. Get returns it; searches and List do when asked to. Nil: there is none.
	Embedding []float32 `json:"embedding,omitempty"`
	// Sparse are vectors of which only few components are not zero, by the names that the
	// database declares in Settings.Sparse; nil: none. Get returns them; searches and List do
	// when asked to.
	Sparse map[string]SparseVector `json:"sparse,omitempty"`
	// Vectors are further embeddings, by the names that the database declares in
	// Settings.Vectors; nil: none. They come back where the embedding does.
	Vectors map[string][]float32 `json:"vectors,omitempty"`
	// TTL is, in an insert, how long the chunk lives from then on; 0 is as long as its
	// database says. Once it has expired nothing finds it. A server takes whole seconds.
	TTL time.Duration `json:"-"`
	// ExpiresAt is when the chunk expires; zero is never. It is returned, and passed over
	// by Insert.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Part is a part of a chunk, for the options that say which ones to return. The id and the
// key always come.
type Part string

// The parts of a chunk.
const (
	PartText      Part = "text"
	PartMetadata  Part = "metadata"
	PartEmbedding Part = "embedding"
	PartSparse    Part = "sparse"
)

// OnConflict says what Insert does with a chunk whose key exists.
type OnConflict string

// What to do with a key that exists. Replace is the default.
const (
	Replace OnConflict = "replace" // replace the whole chunk, which keeps its id
	Refuse  OnConflict = "error"   // store nothing and return ErrConflict
	Skip    OnConflict = "skip"    // leave the stored chunk as it is
)

// InsertOptions configure Insert. The zero value, and nil, mean the defaults.
type InsertOptions struct {
	OnConflict OnConflict // "": Replace
}

// Patch says what to change about a chunk. What is left at its zero value stays as it is.
type Patch struct {
	Text *string
	// Metadata is merged into the stored as a JSON merge patch (RFC 7396): fields replace
	// those of the same name, null removes one, objects are merged in turn. Anything but
	// an object replaces it whole, Meta(nil) by nothing. A string that holds a JSON object
	// is merged as that object and stays a string.
	Metadata  Metadata
	Embedding []float32
	TTL       *time.Duration // how long it lives from now on; 0: forever
	// Sparse and Vectors are set under their names; nil: the chunk has none there any more.
	// Those of other names stay.
	Sparse  map[string]*SparseVector
	Vectors map[string][]float32
}

// ListOptions configure List. The zero value, and nil, mean the defaults.
type ListOptions struct {
	Filter  *Filter // only chunks that it selects; nil: all
	Order   Order   // "": ByID
	After   int64   // only chunks with ids above it; ByKey of those without a key, and with Sort of those with FromValue
	From    string  // ByKey: the first key; "" begins with the chunks without one
	Sort    *Sort   // nil: as Order says
	Skip    int     // how many of the first chunks to pass over
	Limit   int     // 0: 100
	Include []Part  // parts of the chunks; nil: text and metadata
}

// SampleOptions configure Sample. The zero value, and nil, mean the defaults.
type SampleOptions struct {
	Filter  *Filter // only chunks that it selects; nil: all
	Include []Part  // parts of the chunks; nil: text and metadata
}

// Order is an order of chunks.
type Order string

// The orders of chunks.
const (
	ByID  Order = "id"
	ByKey Order = "key" // by the bytes of keys; those without one come first, by id
)

// ValuesOptions bound CountValues. The zero value, and nil, mean the defaults.
type ValuesOptions struct {
	Limit  int     // values at most; 0: 10
	Filter *Filter // nil: all chunks
}

// Values is what CountValues returns.
type Values struct {
	Values   []ValueCount // those of most chunks first
	Distinct int          // different ones that there are
}

// ValueCount is a value of a field and how many chunks have it.
type ValueCount struct {
	Value  any // a string, an int64, a float64, a bool, or nil
	Chunks int
}

// Page is what List returns.
type Page struct {
	Chunks  []Chunk // in the order that was asked for
	Next    int64   // After of the next page; 0: this was the last one, unless there is a NextKey
	NextKey string  // ByKey: From of the next page, whose After is 0 then
	// NextValue is, with Sort, its From for the next page, whose After is Next: a string, an
	// int64 or a float64. Nil: this was the last one.
	NextValue any
}

// Follow has o ask for the page behind p, and reports whether there is one.
func (p *Page) Follow(o *ListOptions) bool {
	if o.Sort != nil {
		by := *o.Sort
		by.From = p.NextValue
		o.Sort, o.After, o.Skip = &by, p.Next, 0
		return p.NextValue != nil
	}
	o.After, o.From, o.Skip = p.Next, p.NextKey, 0
	return p.Next != 0 || p.NextKey != ""
}
