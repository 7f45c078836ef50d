package output

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// SayEvery is the time between two lines that say how far something is.
const SayEvery = 5 * time.Second

// Meter shows how far a piece of work is: as a bar on a terminal, else as a line now and
// then. It is for one goroutine.
type Meter struct {
	out  io.Writer
	bar  *progressbar.ProgressBar // nil: not a terminal, or the total is not known yet
	said time.Time
}

// NewMeter returns a meter of work of total steps; 0 is not known yet.
func NewMeter(out io.Writer, total int64) *Meter {
	m := &Meter{out: out, said: time.Now()}
	if total > 0 {
		m.show(total)
	}
	return m
}

// show begins a bar, on a terminal.
func (m *Meter) show(total int64) {
	if f, ok := m.out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return
	}
	m.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(m.out), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
}

// Tell says that done of total steps are behind us. The bar stands behind about; where
// there is none, line is asked for what to print, if it is time to.
func (m *Meter) Tell(done, total int64, about string, line func() string) {
	if m.bar == nil {
		m.show(total)
	}
	if m.bar != nil {
		m.bar.Describe(about)
		m.bar.ChangeMax64(total)
		_ = m.bar.Set64(done) // a terminal that is gone has nobody to tell
		return
	}
	if time.Since(m.said) >= SayEvery {
		m.said = time.Now()
		fmt.Fprintln(m.out, line())
	}
}

// TellIndex is Tell of an index that has done of total vectors.
func (m *Meter) TellIndex(done, total int64) {
	if done == total {
		return
	}
	m.Tell(done, total, "index", func() string {
		return fmt.Sprintf("index: %d of %d vectors, %.0f %%", done, total, 100*float64(done)/float64(total))
	})
}

// End clears the bar.
func (m *Meter) End() {
	if m.bar != nil {
		_ = m.bar.Clear() // as in Tell
	}
}
