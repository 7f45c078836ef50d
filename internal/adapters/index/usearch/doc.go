// Package usearch is the engine "usearch": an HNSW graph kept by the USearch library,
// version 2.26.2, behind our own thin C++ layer (shim.h). It is in builds with cgo and
// the tag "usearch"; other builds have an Engine that says how to get one.
//
// Searches run beside each other, as many at once as there are processors; a further one
// waits. USearch is not safe for a search beside a change, so a change locks searches
// out, but only for the few vectors of one burst: a search waits some hundred
// microseconds at most for an Add or Remove, whatever their length. There is one writer
// at a time, for parallel adds lose vectors.
//
// The graph holds codes (bf16 unless told otherwise); the float32 originals lie beside
// it, in memory or mapped from the index file, and give the distances of all results.
// Under the cosine metric originals and queries are scaled to length one and compared by
// inner product, which USearch does faster than its own cosine. Under inner product itself
// they get one component more, which brings short vectors to a usual length (lift.go); the
// few that are far longer than the others are not in the graph, but compared with in every
// search (long.go). A graph whose vectors have become longer or shorter is made anew.
package usearch
