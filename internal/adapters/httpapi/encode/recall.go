package encode

import (
	"math"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Recall is what a measurement of recall has found.
type Recall struct {
	K        int           `json:"k"`
	Queries  int           `json:"queries"`
	Vectors  int           `json:"vectors"`
	Plan     domain.Plan   `json:"plan"`
	Now      RecallPoint   `json:"now"`
	Curve    []RecallPoint `json:"curve"`
	Target   *RecallTarget `json:"target"` // null: none was asked for
	Complete bool          `json:"complete"`
	TookMS   float64       `json:"took_ms"`
}

// RecallPoint is what searches with one beam width find.
type RecallPoint struct {
	Ef      *int    `json:"ef"` // null: left to the engine
	Recall  float64 `json:"recall"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	P50US   float64 `json:"p50_us"`
	P99US   float64 `json:"p99_us"`
}

// RecallTarget is the smallest beam width that reaches a recall.
type RecallTarget struct {
	Wanted  float64 `json:"wanted"`
	Reached bool    `json:"reached"`
	RecallPoint
	Confidence float64 `json:"confidence"`
}

// RecallOf describes a measurement.
func RecallOf(r *app.RecallReport) Recall {
	out := Recall{
		K: r.K, Queries: r.Queries, Vectors: r.Vectors, Plan: r.Plan, Now: recallPoint(&r.Now), Curve: RecallCurve(r.Curve),
		Complete: r.Complete, TookMS: math.Round(1e3*float64(r.Took)/float64(time.Millisecond)) / 1e3,
	}
	if t := r.Target; t != nil {
		out.Target = &RecallTarget{Wanted: t.Wanted, Reached: t.Reached, RecallPoint: recallPoint(&t.Point), Confidence: share(t.Confidence)}
	}
	return out
}

// RecallCurve describes points by beam width.
func RecallCurve(points []app.RecallPoint) []RecallPoint {
	list := make([]RecallPoint, len(points))
	for i := range points {
		list[i] = recallPoint(&points[i])
	}
	return list
}

func recallPoint(p *app.RecallPoint) RecallPoint {
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	return RecallPoint{
		Ef: orNull(p.Ef), Recall: share(p.Recall), Low: share(p.Low), High: share(p.High), Queries: p.Queries,
		P50US: us(p.P50), P99US: us(p.P99),
	}
}

// share is a part of 1 without the digits that a measurement does not have.
func share(x float64) float64 { return math.Round(1e6*x) / 1e6 }
