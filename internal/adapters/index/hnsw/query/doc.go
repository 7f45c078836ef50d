// Package query answers queries over a graph.
//
// Reading the source: plan.go chooses between a walk and comparing all; search.go is the way
// of a search, allowed.go what may come back; scan.go compares all that may; unfold.go adds
// the copies of what a walk has found, and rerank.go compares by originals.
package query
