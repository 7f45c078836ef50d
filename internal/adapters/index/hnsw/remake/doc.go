// Package remake makes a graph again: a copy without free slots, or one with other rows.
//
// Reading the source: review.go says whether rows should be made again: common.go finds what
// vectors have in common, lengths.go which ones are long, poor.go which ones were linked badly;
// copy.go copies a graph.
package remake
