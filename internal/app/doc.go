// Package app holds memista's use cases, one file per verb. It says what happens; how
// threads meet is the matter of the packages below it, each of which imports only those
// that come after it here:
//
//   - query answers searches and filters over open databases;
//   - check compares index files with the rows that they are of;
//   - live opens databases and keeps their indexes at the state of their rows;
//   - tiered is the index of one database: a buffer that is searched exactly, and a graph;
//   - filter, rowcache, deadline, jobs, governor, keylock and fairlock know nothing of the others.
//
// The rows are the truth and an index follows them: an insert is stored by the repository
// first, then handed to the index in the order of the commits, then acknowledged.
// DESIGN.md in this folder records the decisions.
//
// The way of an insert: insert.go, live/apply.go, tiered/apply.go, and later
// live/indexer.go. The way of a search: search.go, query/searcher.go, query/rounds.go,
// live/database.go, tiered/search.go, query/hydrate.go.
package app
