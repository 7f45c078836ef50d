// Package qdrantapi serves the REST API of Qdrant over the use cases of memista, so that
// clients made for Qdrant need another address only.
//
// The way of a request: package web admits it, routes.go names its route, the handler finds
// the collection (collection.go), package decode reads the body, package find answers queries,
// and package encode writes the answer. Errors are in Qdrant's words (package said), for
// clients look for them. A collection is a database: package config is what is kept of it
// beside its settings, payload works on payloads, and filter reads filters.
package qdrantapi
