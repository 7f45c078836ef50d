// Package named answers searches by named vectors: for each name that a search has asked about it
// keeps an index of the chunks that have it, and keeps that right as chunks change.
//
// The vectors of a name are read from the rows when a search first asks about it. They are
// compared one by one, as those of a small database are; once they are too many for that they
// move to a graph in the background. Nothing of it is kept in files.
package named
