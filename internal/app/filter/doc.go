// Package filter answers filters from memory: for each field that a filter has asked
// about it keeps which chunks have which value, as bitmaps of chunk ids, and keeps that
// right as chunks change.
//
// A field is read from the rows when a filter first asks about it. Comparisons that are
// better answered by the rows (of the text of chunks, or of a field too large for memory)
// are asked there once and kept as bitmaps.
package filter
