// Package original reads a data directory of the original memista, so that its databases
// can be imported: texts and metadata from the tables chunks_<id> of memista.db, vectors
// from the index files <id>.usearch, which are their only copy. It reads USearch's file
// format itself, so every build can do it.
//
// Nothing in the directory is written. A write-ahead log that the original left behind
// is taken into account through a copy in a temporary directory.
package original
