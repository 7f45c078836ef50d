// Package nodes spreads requests over the nodes of a cluster: it takes them in turn, leaves
// out those that do not answer, asks them again in the background, and repeats a request
// elsewhere where that is safe.
package nodes
