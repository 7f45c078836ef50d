// Package graphfile is the format of a graph in an index file: its sections, how they are
// written, and how a graph lies over them when it is read.
//
// Reading the source: sections.go is the format, write.go writes it, load.go reads it and
// check.go makes sure that no link leads out of it.
package graphfile
