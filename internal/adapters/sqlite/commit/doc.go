// Package commit writes to the data file by group commit.
//
// One goroutine with one connection writes. It drains its queue into one transaction,
// runs each request in a SAVEPOINT of its own, commits with one fsync, and then notifies
// the callers. Between transactions it does maintenance in small steps.
package commit
