package domain

import "cmp"

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
}
