// Package ports holds what the application needs from outside: a repository for the
// rows, an index for the vectors and an embedder for texts. Adapters implement the
// interfaces; the suites in repotest, indextest and embedtest say, by running it, what an
// implementation promises.
package ports
