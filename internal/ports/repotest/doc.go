// Package repotest says, by running it, what a ports.ChunkRepository promises: Run is a
// suite of rules that every implementation passes. Memory is a small implementation for
// the tests of other packages.
package repotest
