// Package sqlitevec reads the tables of sqlite-vec (vec0) in a SQLite file without that
// extension, so that every build can do it: the vectors and what belongs to them lie in
// ordinary tables beside the virtual one, as its ARCHITECTURE.md and source (version 0.1.9)
// tell:
//
//   - T_chunks has a row per chunk of slots, with a bit per slot that is in use, the rowids of
//     the slots, and the values of partition keys.
//   - T_vector_chunksNN has the vectors of the slots of a chunk, one after the other.
//   - T_metadatachunksNN has the values of a metadata column for the slots: a bit, eight bytes,
//     or sixteen of a text: its length and its first twelve bytes; a longer one is in
//     T_metadatatextNN.
//   - T_rowids has the id of a row that is a text, and T_auxiliary its auxiliary columns.
//
// The file is only read.
package sqlitevec
