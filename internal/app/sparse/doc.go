// Package sparse answers searches by sparse vectors from memory: for each name that a search
// has asked about it keeps which chunks have which index with which value, and keeps that
// right as chunks change.
//
// The vectors of a name are read from the rows when a search first asks about it. Scores are
// exact (score.go): the sum over all indices that a query and a chunk have in common.
package sparse
