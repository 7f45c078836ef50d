// Package tiered is the index of one database: a buffer, compared vector by vector, that
// takes what is new, and beyond a certain size a graph, to which an indexer moves it.
//
// A search reads the buffer before the graph, and a vector is in the graph before it leaves
// the buffer, so none is missed; found twice, it counts once. A vector that is replaced or
// removed while the graph cannot be changed becomes a tombstone: searches pass over what
// the graph says of it, and it leaves the graph when the move or the save has ended.
//
// An Index does no I/O and starts no goroutine. Whoever moves vectors calls StartIndexing,
// TakeBatch, AddToGraph and FinishMove, one at a time; Apply is called by one goroutine at
// a time; searches run beside all of them.
package tiered
