package api

import "time"

// Hit is one result of a search.
type Hit struct {
	Chunk
	Score    float32 `json:"score"`            // higher is better
	Distance float32 `json:"distance"`         // smaller is nearer; with Scores, 0 where the embedding did not find it
	Scores   *Scores `json:"scores,omitempty"` // of a search with Text or Sparse; else nil
}

// Scores are those of the lists that have a hit; nil where a list has it not.
type Scores struct {
	Vector *float32 `json:"vector"` // that of the metric
	Text   *float32 `json:"text"`   // BM25
	Sparse *float32 `json:"sparse,omitempty"`
}

// SearchOptions configure Search and SearchMany. The zero value, and nil, mean the defaults.
type SearchOptions struct {
	// Filter chooses by metadata, id, key and text, as in Gte("page", 3): only chunks that
	// it selects come back, and if k of them exist, k do. Nil is none.
	Filter   *Filter
	Offset   int      // nearest chunks to pass over; pages of the same k fit together
	MinScore *float32 // leave out hits that score less
	Ef       int      // beam width of a graph search; 0: chosen for good recall
	Exact    bool     // compare with every embedding: slower, recall 1
	Include  []Part   // parts of the hits; nil: text and metadata
	// Text finds chunks by their words, in a database made with FullText: alone if there
	// is no embedding, else both lists become one. Words stand in any order; "a phrase" in
	// quotes stands as it is, and a star at the end of a word is any ending.
	Text     string
	AllWords bool // only chunks with all of the words; else any of them will do
	// Sparse finds chunks by a sparse vector, alone or as one more list.
	Sparse *SparseQuery
	// Fusion is how the lists become one; nil: by reciprocal rank, or with NearText by scores,
	// weighted as fits the model.
	Fusion *Fusion
	// Using is the name of the vectors among which the embedding is looked for; "": the
	// embeddings of the chunks.
	Using string
	// NearText finds chunks by their meaning, in place of an embedding: the embedder of the
	// database makes one of it.
	NearText string
	// MMR has hits differ from each other; nil: that does not matter.
	MMR *MMR
	// Rerank ranks the first hits again by Text or NearText, with the reranker that is
	// configured; nil: none.
	Rerank *Rerank
}

// Rerank asks for the first hits of a query to be ranked again, by a model that reads the
// text of the query and that of each hit together. The hits then have the scores of that
// model, by which MinScore goes. Hits without a text come last.
type Rerank struct {
	Top int `json:"top,omitempty"` // how many of the first hits; 0: 50, or as many as are asked for if more
}

// MMR asks for hits that differ from each other, by maximal marginal relevance (Carbonell and
// Goldstein, 1998), in a search by an embedding without words. The first hit is the most
// relevant; scores stay those of the search, so hits do not stand in their order. Candidates ×
// (offset + k) of all queries in one search are ErrTooLarge above 2,000,000.
type MMR struct {
	// Diversity is between 0, nothing but relevance, and 1; nil: 0.5. Their λ is 1 - Diversity.
	Diversity *float64 `json:"diversity,omitempty"`
	// Candidates is of how many best hits the others are chosen; 0: 100, or as many as are asked
	// for if more. Pages of a search with the same Candidates fit together.
	Candidates int `json:"candidates,omitempty"`
}

// FusionMethod names how lists by embedding, by words and by sparse vector become one.
type FusionMethod string

// The methods of fusion. ReciprocalRank is that of a Fusion without one.
const (
	ReciprocalRank FusionMethod = "rrf"      // the sum of weight/(RankConstant + rank)
	WeightedScores FusionMethod = "weighted" // the sum of weight × score, each list's scores brought to 0…1
)

// Fusion says how lists by embedding, by words and by sparse vector become one. Zero values
// mean the defaults, which are the same for all models.
type Fusion struct {
	Method       FusionMethod `json:"method,omitempty"`
	RankConstant int          `json:"rank_constant,omitempty"` // of ReciprocalRank; 0: 60
	// VectorWeight, TextWeight and SparseWeight weigh the lists; nil: 1. One may be 0: what
	// only that list has is then left out. All 0 is ErrInvalid.
	VectorWeight *float64 `json:"vector_weight,omitempty"`
	TextWeight   *float64 `json:"text_weight,omitempty"`
	SparseWeight *float64 `json:"sparse_weight,omitempty"`
	Candidates   int      `json:"candidates,omitempty"` // taken from each list; 0: 100, or as many as are asked for
}

// Query is one of the queries that a call of Query answers. It asks for the chunks nearest
// to a vector, which is Embedding or that of a stored chunk, for those with the words of Text,
// or for those that score highest by Sparse, and with several of them for the best of all
// lists.
type Query struct {
	Embedding []float32
	Using     string // the vectors that it is near to, and that a stored chunk has; "": the embeddings
	NearText  string // of which the embedder of the database makes an embedding; "": none
	Hybrid    string // NearText and Text at once, or Text alone if the model knows no word of it; "": none
	ChunkID   int64  // of a stored chunk, which is left out of its own hits; 0: none
	Key       string // the same by its key; "": none
	Text      string // words, as in SearchOptions; "": none
	AllWords  bool   // only chunks with all of the words; else any of them will do
	Sparse    *SparseQuery
	Fusion    *Fusion  // how several lists become one; nil: as in SearchOptions
	K         int      // how many hits; 0: 10
	Offset    int      // nearest chunks to pass over; pages of the same K fit together
	Filter    *Filter  // as in SearchOptions; nil: none
	MinScore  *float32 // leave out hits that score less
	Ef        int      // beam width of a graph search; 0: chosen for good recall
	Exact     bool     // compare with every embedding: slower, recall 1
	MMR       *MMR     // have hits differ from each other; nil: that does not matter
	Rerank    *Rerank  // rank the first hits again by NearText or Text; nil: do not
}

// QueryOptions are what all queries of one call share. The zero value, and nil, mean the
// defaults.
type QueryOptions struct {
	Include []Part // parts of the hits; nil: text and metadata
	Explain bool   // say how each query was answered
}

// Results is the answer to Query.
type Results struct {
	Hits    [][]Hit       // one list per query, best first
	Explain []Explain     // one per query, if it was asked for
	Took    time.Duration // to answer, in the library or in the server
}

// GroupsOptions bound SearchGroups. The zero value, and nil, mean the defaults.
type GroupsOptions struct {
	Groups  int    // at most so many; 0: 10
	Size    int    // at most so many hits in each; 0: 3
	Include []Part // parts of the hits; nil: text and metadata
}

// Group is a value of a field and the best hits that have it, best first.
type Group struct {
	Value any // a string, an int64, a float64 or a bool
	Hits  []Hit
}
