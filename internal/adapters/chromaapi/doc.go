// Package chromaapi serves the HTTP API of Chroma, so that its clients work against memista:
// the second version at /api/v2, and the first, which older clients speak, at /api/v1.
//
// A collection of Chroma is a database of memista, which other surfaces see under its name;
// package collections of the application knows what it is called here. The id of a record is
// the key of a chunk, its document the text (package record). Bodies are read by package
// decode, conditions by package filter, answers written by package encode, and the words of
// errors, which clients look for, are in package refusal.
package chromaapi
