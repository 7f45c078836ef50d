// Package live opens databases and keeps their indexes at the state of their rows.
//
// A Registry has the open databases. With finds one, opening it if need be, and hands it
// to its caller; Write stores a batch and lets the indexes follow before it returns. What
// always holds:
//
//   - The index of a database is at each moment the state of its rows at one sequence
//     number. Commits come to it one at a time, in their order, before they are
//     acknowledged (apply.go).
//   - An index that cannot follow is abandoned and built from the rows by the next call.
//   - An index that is built to take the place of another gets every commit from the moment
//     its rows are read, and the two change places between two commits (rebuild.go).
//   - A graph is written to its file only as a whole state: what it lacks is named in the
//     file (save.go). Any doubt about a file means that the rows are read.
//   - Work on the graph of one database (indexing, saving, unloading) waits for its own
//     lock in graphLocks, never for another database (indexer.go).
package live
