// Package remote reads the records of a collection of another store over HTTP, page by page:
// as many at once as fit, fewer where an answer is too large, and again where the store or the
// network fails for a moment. It finds its place again by the last record that it read.
//
// What is asked and how answers are read belongs to the packages of the stores, which
// implement Collection.
package remote
