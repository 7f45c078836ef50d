package tuning

import (
	"encoding/json"
	"math"
	"time"

	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/domain"
)

// Note is a measurement as it is stored and shown.
type Note struct {
	At         time.Time `json:"at"`
	Ef         int       `json:"ef"`      // of searches that bring none
	Reached    bool      `json:"reached"` // else no width does, and Ef is the best that was measured
	Recall     float64   `json:"recall"`  // with Ef
	Low        float64   `json:"low"`
	High       float64   `json:"high"`
	Confidence float64   `json:"confidence"`
	K          int       `json:"k"`
	Queries    int       `json:"queries"`
	Vectors    int       `json:"vectors"`
	Sequence   int64     `json:"sequence"` // of the last change before
	Curve      []Point   `json:"curve"`    // recall and time by beam width, in ascending order
}

// Point is what searches with one beam width find, and how long they take in the index.
type Point struct {
	Ef      int     `json:"ef"`
	Recall  float64 `json:"recall"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	P50US   float64 `json:"p50_us"`
	P99US   float64 `json:"p99_us"`
}

// tuned returns what r means for a database with the target wanted.
func tuned(r *recall.Report, wanted float64, sequence int64, at time.Time) (domain.Tuning, error) {
	t := r.Target
	n := Note{
		At: at.UTC(), Ef: t.Ef, Reached: t.Reached, Recall: share(t.Recall), Low: share(t.Low), High: share(t.High),
		Confidence: share(t.Confidence), K: r.K, Queries: r.Queries, Vectors: r.Vectors, Sequence: sequence,
	}
	for _, p := range r.Curve {
		us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
		n.Curve = append(n.Curve, Point{p.Ef, share(p.Recall), share(p.Low), share(p.High), p.Queries, us(p.P50), us(p.P99)})
	}
	raw, err := json.Marshal(n)
	return domain.Tuning{Target: wanted, Ef: t.Ef, Narrow: r.Now.Recall >= wanted, Note: string(raw)}, err
}

// share is a part of 1 without the digits that a measurement does not have.
func share(x float64) float64 { return math.Round(1e6*x) / 1e6 }
