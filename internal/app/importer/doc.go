// Package importer stores a long source of chunks in batches, tells how far it is, and
// goes on after it was stopped.
//
// A chunk that brings no key gets one made of the source's name and its row. Storing a
// key again replaces the chunk that has it, so no row is ever stored twice: not by a
// batch that was committed just before a crash, and not by a second import of the same
// file. How far an import has come is kept in a small file, written after each batch; it
// saves time and may be lost.
package importer
