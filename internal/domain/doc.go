// Package domain holds memista's plain types and rules: databases, chunks, metrics,
// queries, hits and the kinds of errors. It imports the standard library only and does
// no I/O; every other package speaks in its terms.
package domain
