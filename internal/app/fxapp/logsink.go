package fxapp

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Lines of requests are written after flushAfter, or when flushBytes of them have come:
// a system call for each would cost as much as a quarter of a search.
const (
	flushAfter = 200 * time.Millisecond
	flushBytes = 32 << 10
)

// logSink writes lines at once, after those that a lazySink over it still holds, so that
// all stand in the order they came in.
type logSink struct {
	out   io.Writer
	timer *time.Timer // flushes; set off by the first line held

	mu   sync.Mutex // guards held, and keeps writes apart
	held []byte
}

func newLogSink(out io.Writer) *logSink {
	s := &logSink{out: out}
	s.timer = time.AfterFunc(flushAfter, func() { _ = s.Sync() }) // a log that cannot be written has nobody to tell
	return s
}

// Write writes what is held, then p.
func (s *logSink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heldErr := s.flush()
	n, err := s.out.Write(p)
	return n, errors.Join(heldErr, err)
}

// Sync writes what is held.
func (s *logSink) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

// stop writes what is held and ends the timer.
func (s *logSink) stop() error {
	s.timer.Stop()
	return s.Sync()
}

// flush writes what is held; s.mu is held. Lines that could not be written are lost, as
// they would be without waiting.
func (s *logSink) flush() error {
	if len(s.held) == 0 {
		return nil
	}
	_, err := s.out.Write(s.held)
	s.held = s.held[:0]
	return err
}

// lazySink holds lines for a moment to write many at once.
type lazySink struct{ *logSink }

// Write holds p, which is a whole line.
func (l lazySink) Write(p []byte) (int, error) {
	s := l.logSink
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) == 0 {
		s.timer.Reset(flushAfter)
	}
	s.held = append(s.held, p...)
	if len(s.held) >= flushBytes {
		return len(p), s.flush()
	}
	return len(p), nil
}
