package transfer

import (
	"fmt"
	"io"
	"time"

	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/internal/app/importer"
)

// meter shows how far an import is.
type meter struct {
	*output.Meter
	out   io.Writer
	start time.Time
	from  int64 // bytes passed over at the start
}

func newMeter(out io.Writer, size int64) *meter {
	return &meter{Meter: output.NewMeter(out, size), out: out, start: time.Now()}
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
	rate := float64(p.Rows) / max(time.Since(m.start).Seconds(), 1e-3)
	about := fmt.Sprintf("%d rows, %.0f rows/s", p.Rows, rate)
	m.Tell(p.Read, p.Size, about, func() string {
		line := fmt.Sprintf("%s, %.0f %%", about, 100*float64(p.Read)/float64(max(p.Size, 1)))
		if read := p.Read - m.from; read > 0 {
			left := time.Duration(float64(p.Size-p.Read) / float64(read) * float64(time.Since(m.start)))
			line += fmt.Sprintf(", %v left", left.Round(time.Second))
		}
		return line
	})
}
