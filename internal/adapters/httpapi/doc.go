// Package httpapi serves memista's own API over HTTP, as openapi.yaml describes it: the
// three routes of the original memista and a resource API beside them.
//
// The way of a request: package web admits it, router.go names its route, insert.go,
// search.go and their like decode it (package decode), call the use case of the same name
// and encode the answer (package encode). The use cases are those of package app, taken as
// the interfaces in usecases.go.
package httpapi
