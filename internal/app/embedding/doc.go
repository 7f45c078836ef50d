// Package embedding opens embedders by their names (Registry), and spares them what they have
// embedded before: Cache is an embedder in front of another one.
package embedding
