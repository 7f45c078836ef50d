// Package build adds vectors to a graph and links them.
//
// Reading the source: insert.go is the way of an insert. join.go finds the node that a vector
// is a copy of; tree.go keeps every node reachable; link.go adds a link and chooses a full
// list again, select.go which neighbors are worth a link; sample.go measures how well rows
// rank what a walk has found.
package build
