// Package walk searches a layer of a graph: it follows links from node to node, towards a
// vector.
//
// Reading the source: walker.go is what a walk needs, searchlayer.go the walk, candidates.go
// the list of the nearest nodes that it has met.
package walk
