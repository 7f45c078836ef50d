package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Recall measures which share of the true neighbors searches of a database find: stored
// vectors are the queries, each left out of its own answer, and exact searches tell what
// there was to be found. It takes the time that o allows at most, leaves a core to searches,
// and is done once at a time: a call that waits longer is ErrBusy. o may be nil.
func (c *Client) Recall(ctx context.Context, id string, o *RecallOptions) (Recall, error) {
	if o == nil {
		o = &RecallOptions{}
	}
	if err := checkFilter(o.Filter); err != nil {
		return Recall{}, err
	}
	body, err := json.Marshal(struct {
		K       int     `json:"k,omitempty"`
		Queries int     `json:"queries,omitempty"`
		Ef      *[]int  `json:"ef,omitempty"`
		Target  float64 `json:"target,omitempty"`
		Filter  *Filter `json:"filter,omitempty"`
		Seconds float64 `json:"max_seconds,omitempty"`
	}{o.K, o.Queries, orNil(o.Ef), o.Target, o.Filter, o.MaxTime.Seconds()})
	if err != nil {
		return Recall{}, refuse(invalid, "%v", err) // a target that is no number
	}
	var out wireRecall
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/recall", body, &out); err != nil {
		return Recall{}, err
	}
	return out.recall(), nil
}

// wireRecall is a Recall in the server's JSON.
type wireRecall struct {
	K        int               `json:"k"`
	Queries  int               `json:"queries"`
	Vectors  int               `json:"vectors"`
	Plan     string            `json:"plan"`
	Now      wireRecallPoint   `json:"now"`
	Curve    []wireRecallPoint `json:"curve"`
	Target   *wireTarget       `json:"target"`
	Complete bool              `json:"complete"`
	TookMS   float64           `json:"took_ms"`
}

type wireRecallPoint struct {
	Ef      int     `json:"ef"` // 0 stays where it is null
	Recall  float64 `json:"recall"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	P50US   float64 `json:"p50_us"`
	P99US   float64 `json:"p99_us"`
}

type wireTarget struct {
	Wanted  float64 `json:"wanted"`
	Reached bool    `json:"reached"`
	wireRecallPoint
	Confidence float64 `json:"confidence"`
}

func (w *wireRecall) recall() Recall {
	out := Recall{
		K: w.K, Queries: w.Queries, Vectors: w.Vectors, Plan: w.Plan, Now: w.Now.point(), Curve: make([]RecallPoint, len(w.Curve)),
		Complete: w.Complete, Took: time.Duration(w.TookMS * float64(time.Millisecond)),
	}
	for i := range w.Curve {
		out.Curve[i] = w.Curve[i].point()
	}
	if t := w.Target; t != nil {
		out.Target = &RecallTarget{Wanted: t.Wanted, Reached: t.Reached, RecallPoint: t.point(), Confidence: t.Confidence}
	}
	return out
}

func (w *wireRecallPoint) point() RecallPoint {
	const us = float64(time.Microsecond)
	return RecallPoint{
		Ef: w.Ef, Recall: w.Recall, Low: w.Low, High: w.High, Queries: w.Queries,
		P50: time.Duration(w.P50US * us), P99: time.Duration(w.P99US * us),
	}
}
