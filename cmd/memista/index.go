package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/domain"
)

// finishIndex makes the index of a database in the data file whole, and saves it. A server
// does so by itself.
func finishIndex(cmd *cobra.Command, s store, database string) error {
	l, ok := s.(local)
	if !ok {
		return nil
	}
	m := &indexMeter{out: cmd.ErrOrStderr(), said: time.Now()}
	err := l.FinishIndex(cmd.Context(), database, m.progress)
	m.end()
	switch {
	case errors.Is(err, domain.ErrNotFound):
		return nil // there were no rows, or it was dropped meanwhile
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped while the index of %q was made: all rows are stored, and the next command that searches goes on with it", database)
	}
	return err
}

// indexMeter shows how far an index is, as meter does of an import.
type indexMeter struct {
	out  io.Writer
	bar  *progressbar.ProgressBar // nil: not a terminal, or nothing to do yet
	said time.Time
}

// progress is told how many vectors of how many are in the index.
func (m *indexMeter) progress(done, total int64) {
	if done == total {
		return
	}
	if m.bar == nil && isTerminal(m.out) {
		m.bar = newBar(m.out, total)
		m.bar.Describe("index")
	}
	if m.bar != nil {
		m.bar.ChangeMax64(total)
		_ = m.bar.Set64(done) // a terminal that is gone has nobody to tell
		return
	}
	if time.Since(m.said) >= sayEvery {
		m.said = time.Now()
		fmt.Fprintf(m.out, "index: %d of %d vectors, %.0f %%\n", done, total, 100*float64(done)/float64(total))
	}
}

// end clears the bar.
func (m *indexMeter) end() {
	if m.bar != nil {
		_ = m.bar.Clear() // as in progress
	}
}
