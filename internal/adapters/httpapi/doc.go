// Package httpapi serves memista over HTTP, as openapi.yaml describes it: the three
// routes of the original memista and a resource API beside them.
//
// The way of a request: router.go names the routes, middleware.go wraps them,
// insert.go, search.go and their like decode one request each, call the use case of the
// same name in package app and encode the answer; errors.go turns errors into statuses.
package httpapi
