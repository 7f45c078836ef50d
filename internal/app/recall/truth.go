package recall

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// findTruth finds the true neighbors of the questions, as many side by side as heavy work may
// have cores, until the time is over; at least those of the first. Questions without any are
// dropped, and so are those that there was no time for.
func (r *run) findTruth(ctx context.Context, until time.Time) error {
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	workers := r.live.Governor().Workers()
	if r.ask.Behind {
		workers = 1
	}
	for range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(r.questions) || i > 0 && time.Now().After(until) {
					return
				}
				if err := r.findTrue(ctx, &r.questions[i]); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	r.late = int(next.Load()) < len(r.questions)
	r.questions = slices.DeleteFunc(r.questions, func(q question) bool { return len(q.truth) == 0 })
	return nil
}

// findTrue finds the true neighbors of q.
func (r *run) findTrue(ctx context.Context, q *question) error {
	governor := r.live.Governor()
	began := time.Now()
	err := governor.Throttle(ctx, func() (err error) {
		began = time.Now()
		q.sequence = r.db.State().Sequence
		q.truth, err = r.search(ctx, q, ports.Query{Exact: true})
		return err
	})
	if err == nil {
		r.giveWay(ctx, time.Since(began))
	}
	return err
}

// giveWay lets others have the core after something that took so long.
func (r *run) giveWay(ctx context.Context, took time.Duration) {
	governor := r.live.Governor()
	if !r.ask.Behind || !governor.Searching() {
		governor.Yield()
		return
	}
	rest := time.NewTimer(took)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

// search returns the nearest K to q, not q itself. how says the way, and whether to Omit it.
func (r *run) search(ctx context.Context, q *question, how ports.Query) ([]domain.Neighbor, error) {
	how.Vector, how.K, how.Allow = q.vector, r.ask.K, r.allow
	if q.id != 0 {
		how.K++
	}
	var e domain.Explain
	near, err := r.db.Search(ctx, how, &r.info.Settings, &e)
	if err != nil {
		return nil, err
	}
	if q.id != 0 {
		near = slices.DeleteFunc(near, func(n domain.Neighbor) bool { return n.ID == q.id })
	}
	return near[:min(len(near), r.ask.K)], nil
}

// found returns how many of the true neighbors of q are in near. What is as near as the last of
// them is as good as one: of equal vectors any will do.
func (q *question) found(near []domain.Neighbor) int {
	last := q.truth[len(q.truth)-1].Distance
	n := 0
	for _, got := range near[:min(len(near), len(q.truth))] {
		if got.Distance <= last || slices.ContainsFunc(q.truth, func(t domain.Neighbor) bool { return t.ID == got.ID }) {
			n++
		}
	}
	return n
}
