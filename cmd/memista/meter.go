package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/memista/memista/internal/app/importer"
)

// meter shows how far an import is: as a bar on a terminal, else as a line now and then.
type meter struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil: not a terminal
	start time.Time
	from  int64 // bytes passed over at the start
	said  time.Time
}

// sayEvery is the time between two lines where there is no bar.
const sayEvery = 5 * time.Second

func newMeter(out io.Writer, size int64) *meter {
	m := &meter{out: out, start: time.Now(), said: time.Now()}
	if isTerminal(out) {
		m.bar = newBar(out, size)
	}
	return m
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func newBar(out io.Writer, size int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
}

// began is told where the import starts.
func (m *meter) began(after int64, why string) {
	switch {
	case why != "":
		fmt.Fprintf(m.out, "%s: beginning at the first row; rows that are stored already are replaced\n", why)
	case after > 0:
		fmt.Fprintf(m.out, "going on after row %d (--restart begins at the first)\n", after)
	}
	m.start = time.Now()
}

// progress is told after each batch.
func (m *meter) progress(p importer.Progress) {
	if m.from == 0 {
		m.from = p.Read // the first batch: what came before it may have been passed over
	}
	seconds := time.Since(m.start).Seconds()
	rate := float64(p.Rows) / max(seconds, 1e-3)
	if m.bar != nil {
		m.bar.Describe(fmt.Sprintf("%d rows, %.0f rows/s", p.Rows, rate))
		_ = m.bar.Set64(p.Read) // a terminal that is gone has nobody to tell
		return
	}
	if time.Since(m.said) < sayEvery {
		return
	}
	m.said = time.Now()
	line := fmt.Sprintf("%d rows, %.0f rows/s, %.0f %%", p.Rows, rate, 100*float64(p.Read)/float64(max(p.Size, 1)))
	if read := p.Read - m.from; read > 0 {
		left := time.Duration(float64(p.Size-p.Read) / float64(read) * float64(time.Since(m.start)))
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	fmt.Fprintln(m.out, line)
}

// end clears the bar.
func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Clear() // as in progress
	}
}
