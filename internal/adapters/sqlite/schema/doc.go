// Package schema is the format of the data file: its tables and their migrations, how
// databases and chunks are encoded in rows, and their checksums.
package schema
