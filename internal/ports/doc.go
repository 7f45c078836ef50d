// Package ports holds what the application needs from outside: a repository for the
// rows and an index for the vectors. Adapters implement the interfaces; the suites in
// repotest and indextest say, by running it, what an implementation promises.
package ports
