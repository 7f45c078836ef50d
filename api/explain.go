package api

import (
	"encoding/json"
	"time"
)

// Explain says how one query was answered and what that cost.
type Explain struct {
	// Plan is that of the larger part: "flat" (every vector was compared), "ids" (every one
	// that the filter selects), "graph" (a walk over the graph), "filtered" (a wider one),
	// or "" where no vector was needed.
	Plan       string         `json:"plan"`
	Visited    int            `json:"visited"`    // nodes of the graph whose links were followed
	Distances  int            `json:"distances"`  // computed
	Candidates int            `json:"candidates"` // neighbors that tail and graph gave
	Rounds     int            `json:"rounds"`     // how often the query was asked, as rows changed meanwhile
	Filter     *ExplainFilter `json:"filter"`     // nil: none
	Text       *ExplainText   `json:"text"`       // nil: none
	Sparse     *ExplainSparse `json:"sparse"`     // nil: none
	Rerank     *ExplainRerank `json:"rerank"`     // nil: nothing was ranked again
	Tail       *ExplainPart   `json:"tail"`       // the vectors compared one by one; nil: no share
	Graph      *ExplainPart   `json:"graph"`      // nil: no share
	Times      ExplainTimes   `json:"times_us"`
}

// ExplainFilter says what a filter came to.
type ExplainFilter struct {
	Source      string  `json:"source"`      // "postings" (in memory), "rows" (of the data file), or both
	Matched     int     `json:"matched"`     // chunks that it selects
	Of          int     `json:"of"`          // chunks there are
	Selectivity float64 `json:"selectivity"` // the one divided by the other
	Estimated   float64 `json:"estimated"`   // what that would be, were its comparisons independent
}

// ExplainText says what the words of a query came to.
type ExplainText struct {
	Terms int            `json:"terms"` // words and phrases that were looked for
	Found int            `json:"found"` // matches that were taken
	Ranks []ExplainRanks `json:"ranks"` // one per hit

	Fusion *ExplainFusion `json:"fusion"` // how both lists became one; nil: there was no vector
}

// ExplainFusion says how a list by vector and a list by words became one.
type ExplainFusion struct {
	Method       FusionMethod `json:"method"`
	VectorWeight float64      `json:"vector_weight"`
	TextWeight   float64      `json:"text_weight"`
}

// ExplainRanks says where a hit stands in the lists by vector and by words, from 1; 0 is
// that the list does not have it.
type ExplainRanks struct {
	Vector int `json:"vector"`
	Text   int `json:"text"`
}

// ExplainSparse says what the sparse vector of a query came to.
type ExplainSparse struct {
	Name    string               `json:"name"`
	Entries int                  `json:"entries"` // of the query
	Visited int                  `json:"visited"` // entries of chunks that were looked at
	Found   int                  `json:"found"`   // matches that were taken
	Ranks   []ExplainSparseRanks `json:"ranks"`   // one per hit

	Fusion *ExplainSparseFusion `json:"fusion"` // how the lists became one; nil: it was the only one
}

// ExplainSparseRanks says where a hit stands in the lists, from 1; 0 is that a list does not
// have it.
type ExplainSparseRanks struct {
	Vector int `json:"vector"`
	Text   int `json:"text"`
	Sparse int `json:"sparse"`
}

// ExplainSparseFusion says how a list by sparse vector and others became one.
type ExplainSparseFusion struct {
	ExplainFusion
	SparseWeight float64 `json:"sparse_weight"`
}

// ExplainRerank says what ranking the first hits again came to; their scores are those of
// the reranker.
type ExplainRerank struct {
	Model string         `json:"model"`
	Texts int            `json:"texts"` // of hits, that were ranked
	First []ExplainPlace `json:"first"` // one per hit: where it stood before
}

// ExplainPlace is where a hit stood before it was ranked again.
type ExplainPlace struct {
	Rank  int     `json:"rank"` // from 1
	Score float32 `json:"score"`
}

// ExplainPart is the share of the tail or of the graph in an answer.
type ExplainPart struct {
	Plan      string `json:"plan"`
	Visited   int    `json:"visited"`
	Distances int    `json:"distances"`
	Vectors   int    `json:"vectors"`   // that it holds
	Neighbors int    `json:"neighbors"` // that it gave
}

// ExplainTimes are the parts of the time that an answer took; those of a server are whole
// microseconds.
type ExplainTimes struct {
	Open   time.Duration // until the database could be searched
	Filter time.Duration // to look up the filter
	Tail   time.Duration // to search the tail
	Graph  time.Duration // to search the graph
	Text   time.Duration // to find the chunks with the words
	Sparse time.Duration // to find the chunks by their sparse vectors
	Rows   time.Duration // to read the rows of the hits
	Rerank time.Duration // to rank the first hits again
	Total  time.Duration
}

// microseconds are ExplainTimes as they are sent.
type microseconds struct {
	Open   int64 `json:"open"`
	Filter int64 `json:"filter"`
	Tail   int64 `json:"tail"`
	Graph  int64 `json:"graph"`
	Text   int64 `json:"text"`
	Sparse int64 `json:"sparse"`
	Rows   int64 `json:"rows"`
	Rerank int64 `json:"rerank"`
	Total  int64 `json:"total"`
}

// MarshalJSON implements json.Marshaler.
func (t ExplainTimes) MarshalJSON() ([]byte, error) {
	return json.Marshal(microseconds{
		Open: t.Open.Microseconds(), Filter: t.Filter.Microseconds(), Tail: t.Tail.Microseconds(), Graph: t.Graph.Microseconds(),
		Text: t.Text.Microseconds(), Sparse: t.Sparse.Microseconds(), Rows: t.Rows.Microseconds(), Rerank: t.Rerank.Microseconds(), Total: t.Total.Microseconds(),
	})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *ExplainTimes) UnmarshalJSON(raw []byte) error {
	var us microseconds
	if err := json.Unmarshal(raw, &us); err != nil {
		return err
	}
	micro := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	*t = ExplainTimes{
		Open: micro(us.Open), Filter: micro(us.Filter), Tail: micro(us.Tail), Graph: micro(us.Graph),
		Text: micro(us.Text), Sparse: micro(us.Sparse), Rows: micro(us.Rows), Rerank: micro(us.Rerank), Total: micro(us.Total),
	}
	return nil
}
