// Package coderhnsw is an index over github.com/coder/hnsw v0.6.1, built with the tag
// coderhnsw, for those who want to compare. Do not choose it for its answers: its walk
// stops early, and it finds 5 to 15 % of the true neighbors among 100,000 word vectors.
//
// What that library does to its callers stays inside: it panics when a key is added
// twice, after removals and on wrong dimensions, has no locks, and returns neighbors out
// of order. So the vectors are kept beside its graph, nodes have keys of our own that
// occur once, nothing is ever removed from a graph (it is built anew when half of it is
// waste), answers are sorted by distances of our own, and a panic, should there be one
// all the same, gives an exact search. A search waits for adds.
package coderhnsw
