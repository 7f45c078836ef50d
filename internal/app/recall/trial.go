package recall

import (
	"context"
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
	var s sample
	times := make([]time.Duration, 0, len(r.questions))
	governor := r.live.Governor()
	for from := 0; from < len(r.questions); from += trialBatch {
		if from > 0 && time.Now().After(r.until) {
			r.late = true
			break
		}
		err := governor.Throttle(ctx, func() error {
			for i := from; i < min(from+trialBatch, len(r.questions)); i++ {
				took, share, ok, err := r.askOne(ctx, &r.questions[i], ef)
				if err != nil {
					return err
				}
				times = append(times, took)
				if ok {
					s.add(share)
				}
			}
			return nil
		})
		if err != nil {
			return Point{}, s, err
		}
		governor.Yield()
	}
	slices.Sort(times)
	p := Point{Ef: ef, Recall: s.mean(), Queries: s.n, P50: quantile(times, 0.5), P99: quantile(times, 0.99)}
	p.Low, p.High = s.interval()
	return p, s, nil
}

// looks is how often true neighbors are looked for that change all the time.
const looks = 5

// askOne returns how long a search for q takes and which share of its neighbors it finds. If
// some are missing that may have been deleted or changed since they were the nearest, it looks
// again; ok is false if that does not end, or no neighbor is left.
func (r *run) askOne(ctx context.Context, q *question, ef int) (took time.Duration, share float64, ok bool, err error) {
	for range looks {
		began := time.Now()
		near, err := r.search(ctx, q, ports.Query{Ef: ef})
		took = time.Since(began)
		if err != nil || len(q.truth) == 0 {
			return took, 0, false, err
		}
		found, now := q.found(near), r.db.State().Sequence
		if found == len(q.truth) || q.sequence == now {
			return took, float64(found) / float64(len(q.truth)), true, nil
		}
		q.sequence = now
		if q.truth, err = r.search(ctx, q, ports.Query{Exact: true}); err != nil {
			return took, 0, false, err
		}
	}
	return took, 0, false, nil
}

// quantile returns the smallest of sorted times that at least the share p of them do not exceed.
func quantile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}
