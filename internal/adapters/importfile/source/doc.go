// Package source reads chunks from files: JSON lines, and vectors in the .fbin, .fvecs
// and .npy formats with an optional text file beside them. It reads row by row, so files
// may be larger than memory.
package source
