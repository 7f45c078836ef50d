// Package query answers searches and filters over open databases.
//
// A search finds the neighbors in the index of a database, reads their rows, and compares
// the two: a row that is missing or newer than the search means another round (answer.go),
// so every hit agrees with its row and with the filter. A filter is resolved to the set of
// the chunks that it selects first (selection.go).
package query
