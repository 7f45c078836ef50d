// Package ranking makes lists of results of others: one of several, and one whose entries
// differ from each other.
package ranking
