// Package memista is a vector search library: it stores chunks of text with their
// embeddings in one SQLite file and finds the nearest ones.
//
// A [DB] holds any number of databases, each with its own dimension and metric. A
// database is made by its first insert, or by [DB.Create] with other than default
// settings. What Insert, Delete and Drop have acknowledged survives a crash of the
// process and of the machine, and every search that starts afterwards sees it.
//
// Searching by words needs SQLite's FTS5. A program built without C (CGO_ENABLED=0) has it;
// one built with C has it with the build tag sqlite_fts5:
//
//	go build -tags sqlite_fts5 ./...
//
// Without it everything else works, on the same files, and what asks for full text gets
// ErrUnsupported.
//
// The same engine serves HTTP: see package server for a handler to embed and
// cmd/memista for the service.
package memista
