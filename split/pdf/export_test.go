package pdf

import "io"

// Parse is parse, in this process.
var Parse = parse

// Run is run: a process with another bound on its time.
var Run = run

// Bounded returns what keeps the answer of a process, of at most so many bytes.
func Bounded(most int) io.Writer { return &bounded{most: most} }
