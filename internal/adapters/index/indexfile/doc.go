// Package indexfile is the container that engines keep their index files in: a header
// that says whose index it is, named sections, and checksums over every byte.
//
// The layout, all numbers little-endian: one header page of 4096 bytes, then the
// sections, each at a multiple of 64 bytes, the gaps zero, the last one padded too. The
// header page holds, in this order:
//
//	magic (16 bytes) · format version (u32) · dims (u32) · count (u64)
//	incarnation (16) · sequence (i64) · hash (16) · file size (u64)
//	engine, kind, metric (each 16 bytes, zero-padded) · number of sections (u32)
//	per section: name (24 bytes, zero-padded) · offset (u64) · length (u64) · checksum (u32)
//	zeros · checksum of the page up to here (u32, at 4076) · magic again (16, at 4080)
//
// The section "missing" is there if the snapshot lacks chunks: their ids, i64 each,
// ascending; the section "without" is there if some have no vector at all, with theirs. All
// others are the engine's.
//
// Checksums are CRC-32C. That of a section is taken over the checksums of its 1 MiB
// blocks, so that several cores can verify one big section.
//
// A file is written beside its target under a temporary name, synced, renamed and its
// directory synced: at every moment the target is the old file or the new one, whole.
// Files without our magic belong to someone else and are never written or removed.
package indexfile
