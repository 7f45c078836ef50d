// Package sparse keeps sparse vectors of chunks in the data file: those of one chunk, under
// all names, are one blob.
package sparse
