// Package named keeps the named vectors of chunks in the data file: those of one chunk, under
// all names, are one blob.
package named
