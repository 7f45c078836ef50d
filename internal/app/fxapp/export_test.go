package fxapp

import "io"

// NewLogSinks returns the two sinks over out that the loggers write to, and the function
// that ends them.
func NewLogSinks(out io.Writer) (direct, lazy io.Writer, stop func() error) {
	s := newLogSink(out)
	return s, lazySink{s}, s.stop
}

// FlushBytes is how much a lazy sink holds.
const FlushBytes = flushBytes

// FlushAfter is how long it holds a line.
const FlushAfter = flushAfter
