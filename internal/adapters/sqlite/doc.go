// Package sqlite keeps databases and chunks in one SQLite file: the rows that everything
// else in memista is a projection of.
//
// One goroutine with one connection writes, by group commit (package commit). A few
// read-only connections read beside it (package conn); the file is in WAL mode, so readers
// and the writer never wait for each other. The format of the file is in package schema.
//
// DESIGN.md beside this file holds the layout of the tables and what was measured.
package sqlite
