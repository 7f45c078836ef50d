// Package flat is the exact index: every search compares the query with every vector
// it may return. It serves small databases, queries that ask for exactness, vectors a
// graph does not hold yet, and the tests of every other engine.
//
// Reading the source: index.go has the contract's methods, store.go where vectors lie
// and how slots die, table.go how an id is found, search.go and topk.go the scan,
// write.go adding, removing and compaction.
//
// Searches take no lock and never wait for a writer. Writers, one at a time, append
// behind what is published and then publish a new view in one atomic step; a search
// works on the view that it found at its start, to the end. A vector that is removed or
// replaced stays where it is, marked with the version it died at, so that searches of
// older views still see it; it is looked at only when it is near enough to matter. When
// too many are dead the live ones are copied to fresh blocks while searches go on in the
// old ones, which the garbage collector takes when the last of them has ended.
package flat
