// Package repair takes removed nodes out of a graph, in four steps: copies of removed hosts
// become nodes, lists that lead to removed nodes are chosen again, the tree is grown again
// without them, and they are forgotten. Their slots are free to be used then.
//
// Reading the source: promote.go, repair.go and regrow.go, in the order of the steps.
package repair
