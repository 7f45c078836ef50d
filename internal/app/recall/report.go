package recall

import (
	"time"

	"github.com/memista/memista/internal/domain"
)

// Report is what a measurement has found. A recall is the mean over queries of the share of
// their K true neighbors that came back; what is as near as the last of these counts as one.
type Report struct {
	K        int
	Queries  int         // that were asked
	Vectors  int         // that searches could find when it began
	Plan     domain.Plan // how a search that brings no beam width is answered
	Now      Point       // such searches
	Curve    []Point     // by beam widths in ascending order; none where all is compared anyway
	Target   *Target     // nil: none was asked for
	Complete bool        // there was time for everything
	Took     time.Duration
}

// Point is what searches with one beam width find, and how long they take in the index,
// one at a time.
type Point struct {
	Ef     int     // 0: chosen by the engine
	Recall float64 // estimated
	// Low and High are the ends of the interval of 95 % for the mean over all queries of
	// the kind that were drawn.
	Low, High float64
	Queries   int // that were asked
	P50, P99  time.Duration
}

// Target is the smallest beam width that reaches a recall.
type Target struct {
	Wanted  float64 // the recall that was asked for
	Reached bool    // else the Point is the best that was measured
	Point
	// Confidence is how sure it is that the recall at the Point is at least the one asked for:
	// the probability by which a recall just below that would have given a lower estimate.
	Confidence float64
}
