package memista

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Query is one query of DB.Query. It asks for the chunks nearest to a vector, which is
// Embedding or that of a stored chunk, or for those with the words of Text, or with both
// for the best of the two lists.
type Query struct {
	Embedding []float32
	ChunkID   int64           // of a stored chunk, which is left out of its own hits; 0: none
	Key       string          // the same by its key; "": none
	Text      string          // words, as in SearchOptions; "": none
	AllWords  bool            // only chunks with all of the words; else any of them will do
	Fusion    *Fusion         // how the lists by vector and by words become one; nil: by reciprocal rank
	K         int             // how many hits; 0: 10
	Offset    int             // nearest chunks to pass over; pages of the same K fit together
	Filter    json.RawMessage // as in SearchOptions; nil: none
	MinScore  *float32        // leave out hits that score less
	Ef        int             // beam width of a graph search; 0: chosen for good recall
	Exact     bool            // compare with every embedding: slower, recall 1
}

// QueryOptions are what all queries of one call share. The zero value, and nil, mean the
// defaults.
type QueryOptions struct {
	WithEmbedding bool // hits carry their embeddings
	OnlyIDs       bool // leave text and metadata out
}

// Results is the answer to DB.Query.
type Results struct {
	Hits    [][]Hit   // one list per query, best first
	Explain []Explain // how each query was answered
}

// Query answers several queries, each of its own kind, side by side and in the order of
// queries. opts may be nil.
func (db *DB) Query(ctx context.Context, id string, queries []Query, opts *QueryOptions) (Results, error) {
	if opts == nil {
		opts = &QueryOptions{}
	}
	in := app.Search{Database: id, Queries: make([]app.Query, len(queries)), Fields: fields(opts.OnlyIDs, opts.WithEmbedding), Called: "queries"}
	for i := range queries {
		q := &queries[i]
		filter, err := toFilter(q.Filter)
		if err != nil {
			return Results{}, domain.At(err, fmt.Sprintf("queries[%d]", i))
		}
		in.Queries[i] = app.Query{
			Embedding: q.Embedding, Text: q.Text, AllWords: q.AllWords, Fusion: q.Fusion.domain(),
			Like: app.Ref{ID: q.ChunkID, Key: q.Key}, K: cmp.Or(q.K, app.DefaultK), Offset: q.Offset, Filter: filter,
			MinScore: q.MinScore, Ef: q.Ef, Exact: q.Exact,
		}
	}
	found, err := db.svc.Search(ctx, in)
	if err != nil {
		return Results{}, err
	}
	out := Results{Hits: hitLists(found.Hits), Explain: make([]Explain, len(found.Explain))}
	for i := range found.Explain {
		out.Explain[i] = fromExplain(&found.Explain[i])
	}
	return out, nil
}

// Explain says how one query was answered and what that cost.
type Explain struct {
	// Plan is that of the larger part: "flat" (every vector was compared), "ids" (every one
	// that the filter selects), "graph" (a walk over the graph), "filtered" (a wider one),
	// or "" where no vector was needed.
	Plan       string
	Visited    int            // nodes of the graph whose links were followed
	Distances  int            // computed
	Candidates int            // neighbors that tail and graph gave
	Rounds     int            // how often the query was asked, as rows changed meanwhile
	Filter     *ExplainFilter // nil: none
	Text       *ExplainText   // nil: none
	Tail       *ExplainPart   // the vectors compared one by one; nil: no share
	Graph      *ExplainPart   // nil: no share
	Times      ExplainTimes
}

// ExplainFilter says what a filter came to.
type ExplainFilter struct {
	Source    string  // "postings" (in memory), "rows" (of the data file), or both
	Matched   int     // chunks that it selects
	Of        int     // chunks there are
	Estimated float64 // the share that was to be expected, were its comparisons independent
}

// ExplainText says what the words of a query came to. Hit.Ranks has the ranks.
type ExplainText struct {
	Terms int // words and phrases that were looked for
	Found int // matches that were taken
}

// ExplainPart is the share of the tail or of the graph in an answer.
type ExplainPart struct {
	Plan      string
	Visited   int
	Distances int
	Vectors   int // that it holds
	Neighbors int // that it gave
}

// ExplainTimes are the parts of the time that an answer took.
type ExplainTimes struct {
	Open   time.Duration // until the database could be searched
	Filter time.Duration // to look up the filter
	Tail   time.Duration // to search the tail
	Graph  time.Duration // to search the graph
	Text   time.Duration // to find the chunks with the words
	Rows   time.Duration // to read the rows of the hits
	Total  time.Duration
}

func fromExplain(e *domain.Explain) Explain {
	out := Explain{
		Plan: string(e.Plan), Visited: e.Visited, Distances: e.Distances, Candidates: e.Candidates, Rounds: e.Rounds,
		Tail: fromPart(e.Tail), Graph: fromPart(e.Graph), Times: ExplainTimes(e.Times),
	}
	if f := e.Filter; f.Source != "" {
		out.Filter = &ExplainFilter{Source: f.Source, Matched: f.Matched, Of: f.Total, Estimated: f.Estimated}
	}
	if e.Text != (domain.TextWork{}) {
		out.Text = &ExplainText{Terms: e.Text.Terms, Found: e.Text.Found}
	}
	return out
}

func fromPart(p domain.Part) *ExplainPart {
	if p.Plan == "" {
		return nil
	}
	return &ExplainPart{Plan: string(p.Plan), Visited: p.Visited, Distances: p.Distances, Vectors: p.Vectors, Neighbors: p.Neighbors}
}
