package recall

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/memista/memista/internal/ports"
)

// trialBatch is how many walks are made before others get their turn: they take about a
// millisecond.
const trialBatch = 8

// try asks all questions with one beam width, one at a time, as long as there is time: at least
// some. 0 is the width that the engine chooses.
func (r *run) try(ctx context.Context, ef int) (Point, sample, error) {
	times := make([]time.Duration, 0, len(r.questions))
	found := make([]shares, 0, len(r.questions))
	for from := 0; from < len(r.questions); from += trialBatch {
		if from > 0 && time.Now().After(r.until) {
			r.late = true
			break
		}
		began := time.Now()
		err := r.live.Governor().Throttle(ctx, func() error {
			began = time.Now()
			for i := from; i < min(from+trialBatch, len(r.questions)); i++ {
				took, got, ok, err := r.askOne(ctx, &r.questions[i], ef)
				if err != nil {
					return err
				}
				times = append(times, took)
				if ok {
					found = append(found, got)
				}
			}
			return nil
		})
		if err != nil {
			return Point{}, sample{}, err
		}
		r.giveWay(ctx, time.Since(began))
	}
	s := estimate(found)
	slices.Sort(times)
	p := Point{Ef: ef, Recall: s.mean(), Queries: s.n, P50: quantile(times, 0.5), P99: quantile(times, 0.99)}
	p.Low, p.High = s.interval()
	return p, s, nil
}

// shares are the parts of the true neighbors of a query that were found.
type shares struct {
	omitted float64 // by a search that omits the vector of the query
	stored  float64 // by one that may walk over it
}

// estimate returns the recalls that queries would have which are not stored. Searches that omit
// the vector find a little less, for the graph lacks the links that it would have in its place,
// and those that do not omit it more. How much of the difference is to be added depends most of
// all on the recall; see DESIGN.md, "Recall", for the measurement.
func estimate(found []shares) (s sample) {
	var omitted sample
	for _, f := range found {
		omitted.add(f.omitted)
	}
	weight := math.Pow(omitted.mean(), 4) / 2
	for _, f := range found {
		s.add(f.omitted + weight*(f.stored-f.omitted))
	}
	return s
}

// looks is how often true neighbors are looked for that change all the time.
const looks = 5

// askOne returns how long a search for q takes and which share of its neighbors it finds. If
// some are missing that may have been deleted or changed since they were the nearest, it looks
// again; ok is false if that does not end, or no neighbor is left.
func (r *run) askOne(ctx context.Context, q *question, ef int) (took time.Duration, got shares, ok bool, err error) {
	for range looks {
		if len(q.truth) == 0 {
			return took, got, false, nil
		}
		began := time.Now()
		near, err := r.search(ctx, q, ports.Query{Ef: ef, Omit: q.id})
		took = time.Since(began)
		if err != nil {
			return took, got, false, err
		}
		got.omitted = float64(q.found(near)) / float64(len(q.truth))
		got.stored = got.omitted
		if q.id != 0 && !r.db.Exact() {
			if near, err = r.search(ctx, q, ports.Query{Ef: ef}); err != nil {
				return took, got, false, err
			}
			got.stored = float64(q.found(near)) / float64(len(q.truth))
		}
		now := r.db.State().Sequence
		if got == (shares{1, 1}) || q.sequence == now {
			return took, got, true, nil
		}
		q.sequence = now
		if q.truth, err = r.search(ctx, q, ports.Query{Exact: true}); err != nil {
			return took, got, false, err
		}
	}
	return took, got, false, nil
}

// quantile returns the smallest of sorted times that at least the share p of them do not exceed.
func quantile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}
