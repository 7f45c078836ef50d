// Package remote is what embedders behind HTTP have in common: batches, retries, limits,
// and answers and errors that are checked before anybody sees them. What differs between
// providers is a Protocol.
package remote
