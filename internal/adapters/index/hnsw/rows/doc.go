// Package rows turns the vectors of a graph into rows, and rows into distances.
//
// Reading the source: store.go writes vectors and compares them by their originals; coding.go
// takes away what all vectors have in common, codes.go makes rows of what is left; scorer.go
// and query.go score a vector against many rows at a time.
package rows
