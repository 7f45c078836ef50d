// Package api has the types that the library (package memista) and the Go client (package
// client) share, and the interface that both satisfy.
//
// Both re-export all of it, so that a program imports one of them and rarely this one:
// memista.Chunk, client.Chunk and api.Chunk are the same type. A program that is to work on
// a file or on a server, as somebody configures, takes a [Service].
//
// The field tags are the names of the HTTP API.
package api
