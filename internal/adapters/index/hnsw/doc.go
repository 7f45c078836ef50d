// Package hnsw is memista's own index: a hierarchical navigable small world graph
// (Malkov and Yashunin, 2016) in Go, its distances computed in assembly.
//
// Reading the source: package memory says what lies where in memory, package rows how
// vectors become rows and rows become distances; accuracy.go and recode.go
// whether and how they are made again; searchlayer.go and candidates.go search a
// layer, select.go and insert.go build; plan.go, search.go, scan.go and rerank.go answer queries; tree.go
// keeps every node reachable; copies.go, addcopies.go and promote.go are about equal vectors, outliers.go about long ones;
// vacuum.go repairs the graph after removals; save.go and open.go are the file.
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
