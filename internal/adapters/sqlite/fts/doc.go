// Package fts keeps the text indexes of databases in FTS5 tables: it changes them with each
// batch, searches them, makes new ones in small steps beside writes, and purges words of
// deleted rows from them.
package fts
