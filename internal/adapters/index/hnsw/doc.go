// Package hnsw is memista's own index: a hierarchical navigable small world graph
// (Malkov and Yashunin, 2016) in Go, its distances computed in assembly.
//
// Reading the source: the way of an insert is index.go (Add), then insert.go of package build,
// which walks (package walk) to the nearest nodes and links the new one to them. A search is
// index.go (Search), then search.go of package query, which walks as well. A removal is
// index.go (Remove) and removal.go, which hides the vector; later, in the background, vacuum.go
// and rebuildtree.go have package repair take the node out of the lists of others. save.go and
// open.go leave the file to package graphfile.
//
// recode.go and replace.go put another graph, made by package remake, in the place of the
// present one; relink.go links a vector again; epochs.go waits for searches.
//
// Below them all, each knowing only the ones after it: package graph is the nodes and what is
// known of them together, package rows how vectors become rows and rows become distances,
// package memory what lies where.
//
// What is special:
//
//   - The walk reads rows of int8 codes, a quarter of the memory, and compares the
//     nearest it finds by their float32 originals, so distances are exact.
//   - Codes are of what sets a vector apart from the others, not of where all of them
//     lie. How well they rank is measured while vectors are added; where they do not,
//     walks go over the originals.
//   - A node's whole list of neighbors is scored by one kernel that fetches rows ahead.
//   - Searches take no locks. Links are single words, read and written atomically; slabs
//     never move; a slot is used again only when no search that could know its old
//     vector is under way.
//   - Every node but one has a parent, and the links between the two are never pruned:
//     so every node reaches every other, whatever the vectors are.
package hnsw
