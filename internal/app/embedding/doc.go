// Package embedding spares embedders what they have embedded before: Cache is an embedder
// in front of another one.
package embedding
