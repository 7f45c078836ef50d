package domain

import (
	"cmp"
	"time"
)

// Neighbor is one result of an index: an id and its distance to the query (smaller is
// nearer).
type Neighbor struct {
	ID       int64
	Distance float32
}

// Less orders neighbors: nearest first, the lower id first among equals.
func (n Neighbor) Less(m Neighbor) bool {
	return n.Distance < m.Distance || n.Distance == m.Distance && n.ID < m.ID
}

// Compare orders neighbors as Less does, for package slices.
func (n Neighbor) Compare(m Neighbor) int {
	return cmp.Or(cmp.Compare(n.Distance, m.Distance), cmp.Compare(n.ID, m.ID))
}

// Plan names the way an index answered a query.
type Plan string

// The plans.
const (
	PlanFlat     Plan = "flat"     // exact over all vectors
	PlanExactIDs Plan = "ids"      // exact over the allowed ids
	PlanGraph    Plan = "graph"    // a walk over the graph
	PlanFiltered Plan = "filtered" // a walk over the graph that keeps allowed ids only
)

// Work says what a search cost.
type Work struct {
	Plan      Plan
	Visited   int // graph nodes whose links were followed
	Distances int // distances computed, re-scoring included
}

// Add sums the costs of two parts of one search; the first plan that is set stays.
func (w Work) Add(v Work) Work {
	if w.Plan == "" {
		w.Plan = v.Plan
	}
	w.Visited += v.Visited
	w.Distances += v.Distances
	return w
}

// Hit is one result of a search, hydrated from its row.
type Hit struct {
	Chunk
	Score    float32 // higher is better
	Distance float32 // smaller is nearer
	Places   *Places // of a query with text or a sparse vector; Distance then means something if Vector has a rank
}

// Explain says how one query was answered and what that cost.
type Explain struct {
	Work       // the plan of the larger part, and the costs of all parts
	Filter     FilterWork
	Text       TextWork
	Sparse     SparseWork
	Tail       Part
	Graph      Part
	Rerank     RerankWork
	Candidates int // neighbors that the parts gave, before they were merged
	Rounds     int // how often the query was asked, as rows changed meanwhile
	Times      Times
}

// Part is the share of the tail or of the graph in an answer.
type Part struct {
	Work
	Vectors   int // that it holds
	Neighbors int // that it gave
}

// FilterWork says what a filter came to.
type FilterWork struct {
	Source    string  // "": no filter; "postings", "rows" or both, as in "postings+rows"
	Matched   int     // chunks that it selects
	Total     int     // chunks there are
	Estimated float64 // share of them that was to be expected, were its comparisons independent
}

// Share returns the share of all chunks that the filter selects; 1 without one.
func (w FilterWork) Share() float64 {
	if w.Source == "" || w.Total == 0 {
		return 1
	}
	return float64(w.Matched) / float64(w.Total)
}

// TextWork says what the words of a query came to.
type TextWork struct {
	Terms int // words and phrases that were looked for; 0: the query has none
	Found int // matches that were taken, at most as many as candidates
	// Fusion is how the list by text and one by vector became one, with its weights; Method
	// is "" where only words were asked for.
	Fusion                   FusionMethod
	VectorWeight, TextWeight float64
}

// SparseWork says what the sparse vector of a query came to.
type SparseWork struct {
	Name    string // "": the query has none
	Entries int    // of the query
	Visited int    // entries of chunks that were looked at
	Found   int    // matches that were taken, at most as many as candidates
	// Fusion is as in TextWork.
	Fusion                                 FusionMethod
	VectorWeight, TextWeight, SparseWeight float64
}

// Times are the parts of the time that an answer took.
type Times struct {
	Open   time.Duration // until the database could be searched
	Filter time.Duration // to find out which chunks the filter selects
	Tail   time.Duration // to search the tail
	Graph  time.Duration // to search the graph
	Text   time.Duration // to find the chunks with the words
	Sparse time.Duration // to find the chunks by their sparse vectors
	Rows   time.Duration // to read the rows of the hits
	Rerank time.Duration // to rank the first hits again
	Total  time.Duration
}

// RerankWork says what ranking the first hits again came to.
type RerankWork struct {
	Model string  // "": nothing was ranked again
	Texts int     // that were sent to the reranker
	First []Place // where each hit stood before, from rank 1, and its score then
}

// MMR asks for hits that differ from each other, by maximal marginal relevance of Carbonell
// and Goldstein (1998). The first is the most relevant; scores stay those of the search.
type MMR struct {
	Diversity  float64 // from 0, nothing but relevance, to 1; their λ is 1 - Diversity
	Candidates int     // best hits of which the others are chosen; 0: DefaultMMRCandidates, or as many as are asked for if more
}

// DefaultDiversity is that of an MMR where none is said.
const DefaultDiversity = 0.5

// Bounds of an MMR, whose work grows with the candidates times the hits.
const (
	DefaultMMRCandidates = 100
	MaxMMRCandidates     = 1000
	MaxMMRPairs          = 2_000_000 // candidates × (offset + k), of all queries in one search together
)

// Rerank asks for the first hits of a query to be ranked again.
type Rerank struct {
	Top int // how many of them; 0: DefaultRerank, or as many as the query asks for if more
}
