package recall

import (
	"cmp"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// The defaults and bounds of an Ask.
const (
	DefaultK       = 10
	DefaultQueries = 1000
	DefaultTime    = 5 * time.Second

	maxK       = 1000
	maxQueries = 10_000
	maxWidths  = 32
	maxTime    = time.Minute
)

// Ask says what to measure. Zero values are the defaults.
type Ask struct {
	Database string
	K        int                // neighbors of each query; 0: DefaultK
	Queries  int                // at most, and no more than there is time for; 0: DefaultQueries
	Ef       []int              // beam widths to measure; nil: 16, 32 … 512, those from K on
	Target   float64            // a recall to find the smallest beam width for; 0: none
	Filter   *filterlang.Filter // queries and answers are of what it selects; nil: of all
	Time     time.Duration      // after which no further search begins; 0: DefaultTime
	// Behind has it done on one core, half of which it leaves idle while anybody searches, and
	// Now is then that of the beam width which the engine chooses, whatever the settings.
	Behind bool
}

// widths are the beam widths of a curve where none are asked for.
var widths = []int{16, 32, 64, 128, 256, 512}

// complete fills in the defaults, and refuses what is out of bounds.
func (a Ask) complete(l domain.Limits) (Ask, error) {
	a.K, a.Queries, a.Time = cmp.Or(a.K, DefaultK), cmp.Or(a.Queries, DefaultQueries), cmp.Or(a.Time, DefaultTime)
	most := min(maxK, l.Results)
	switch {
	case a.K < 1 || a.K > most:
		return a, domain.FieldErrorf(domain.ErrInvalid, "k", "must be between 1 and %d, got %d", most, a.K)
	case a.Queries < 1 || a.Queries > maxQueries:
		return a, domain.FieldErrorf(domain.ErrInvalid, "queries", "must be between 1 and %d, got %d", maxQueries, a.Queries)
	case len(a.Ef) > maxWidths:
		return a, domain.FieldErrorf(domain.ErrInvalid, "ef", "has %d beam widths, at most %d are allowed", len(a.Ef), maxWidths)
	case a.Target != 0 && !(a.Target > 0 && a.Target <= 1): // also if it is no number
		return a, domain.FieldErrorf(domain.ErrInvalid, "target", "must be above 0 and at most 1, got %v", a.Target)
	case a.Time < 0 || a.Time > maxTime:
		return a, domain.FieldErrorf(domain.ErrInvalid, "max_seconds", "must be above 0 and at most %v, got %v", maxTime.Seconds(), a.Time.Seconds())
	}
	for _, ef := range a.Ef {
		if ef < 1 || ef > l.Ef {
			return a, domain.FieldErrorf(domain.ErrInvalid, "ef", "must be between 1 and %d, got %d", l.Ef, ef)
		}
	}
	if a.Ef == nil {
		a.Ef = widths
	}
	a.Ef = slices.Clone(a.Ef)
	for i, ef := range a.Ef {
		a.Ef[i] = max(ef, a.K) // an index raises it, too
	}
	slices.Sort(a.Ef)
	a.Ef = slices.Compact(a.Ef)
	return a, nil
}
