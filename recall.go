package memista

import (
	"context"
	"encoding/json"

	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/domain"
)

// Recall measures which share of the true neighbors searches of a database find: stored
// vectors are the queries, each left out of its own answer, and exact searches tell what
// there was to be found. It takes the time that o allows at most, leaves a core to searches,
// and is done once at a time: a call that waits longer is ErrBusy. o may be nil.
func (db *DB) Recall(ctx context.Context, id string, o *RecallOptions) (Recall, error) {
	if o == nil {
		o = &RecallOptions{}
	}
	f, err := toFilter(o.Filter)
	if err != nil {
		return Recall{}, err
	}
	out, err := db.svc.Recall(ctx, recall.Ask{
		Database: id, K: o.K, Queries: o.Queries, Ef: o.Ef, Target: o.Target, Filter: f, Time: o.MaxTime,
	})
	if err != nil {
		return Recall{}, err
	}
	return fromRecall(&out), nil
}

// fromTuned tells how the target recall of a database is kept; nil: it has none.
func fromTuned(set *domain.Settings) (*RecallStats, error) {
	if set.TargetRecall == 0 {
		return nil, nil
	}
	out := &RecallStats{Target: set.TargetRecall}
	if set.Tuned.Note == "" {
		return out, nil
	}
	return out, json.Unmarshal([]byte(set.Tuned.Note), &out.Measured)
}

func fromRecall(r *recall.Report) Recall {
	out := Recall{
		K: r.K, Queries: r.Queries, Vectors: r.Vectors, Plan: string(r.Plan), Now: RecallPoint(r.Now),
		Curve: make([]RecallPoint, len(r.Curve)), Complete: r.Complete, Took: r.Took,
	}
	for i, p := range r.Curve {
		out.Curve[i] = RecallPoint(p)
	}
	if t := r.Target; t != nil {
		out.Target = &RecallTarget{Wanted: t.Wanted, Reached: t.Reached, RecallPoint: RecallPoint(t.Point), Confidence: t.Confidence}
	}
	return out
}
