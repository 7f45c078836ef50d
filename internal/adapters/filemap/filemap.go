// Package filemap gives the bytes of a file: mapped where the system can, so that they take
// no memory of their own and are read when they are needed, else read.
package filemap

// Access is what a caller does with the bytes of a file.
type Access int

// The accesses.
const (
	// Read is for bytes that are only read, in any order: what is not looked at is not
	// brought in. Writing to them ends the program.
	Read Access = iota
	// Write is for bytes that are all used, and may be written to: that changes the
	// caller's memory, never the file. All of them are brought in at once.
	Write
)

const (
	align   = 64   // the bytes of a file start at a multiple of it
	minimum = 4096 // a shorter file is read
)
