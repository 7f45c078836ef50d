// Package app holds memista's use cases and the runtime of an open database.
//
// The rows are the truth and the index is a projection of them: an insert is stored by
// the repository first, then handed to the index in the order of the commits, then
// acknowledged. DESIGN.md in this folder records the decisions.
//
// The way of an insert: insert.go, follow.go, projection.go. The way of a search: search.go, open.go, projection.go,
// hydrate.go.
package app
