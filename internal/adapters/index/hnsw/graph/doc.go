// Package graph is the nodes of an index and what is known of them together: where walks
// begin, the root of the tree that holds all nodes, which vectors are copies of others or
// kept apart, how many were removed, and whether rows should be made again.
//
// Reading the source: graph.go is the whole; copies.go is about equal vectors, outliers.go
// about long ones; removed.go hides vectors and frees slots; accuracy.go measures how well
// rows rank, and due.go says when to look at them; reach.go follows all links.
package graph
