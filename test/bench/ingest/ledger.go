package main

import (
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/vectors"
)

// ledger knows when the batches of a set were sent and acknowledged. It is asked when
// all inserts have ended.
type ledger struct {
	mu    sync.Mutex // guards the times while inserts are under way
	sent  []time.Time
	acked []time.Time // zero: never
}

func newLedger(batches int) *ledger {
	return &ledger{sent: make([]time.Time, batches), acked: make([]time.Time, batches)}
}

func (l *ledger) note(i int, sent, acked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[i], l.acked[i] = sent, acked
}

// before reports whether a row was acknowledged at a time: a search that begins then has
// to consider it.
func (l *ledger) before(row int, at time.Time) bool {
	acked := l.acked[row/batch]
	return !acked.IsZero() && acked.Before(at)
}

// possible reports whether a row had been sent at a time: an answer that came then may
// have it.
func (l *ledger) possible(row int, at time.Time) bool {
	sent := l.sent[row/batch]
	return !sent.IsZero() && sent.Before(at)
}

// sample is a search as it was answered.
type sample struct {
	query        int
	began, ended time.Time
	answer       []byte
}

// judged is what samples have shown.
type judged struct {
	recall       []float64 // of each sample, in the order they began
	looked       int
	wrong        int
	acknowledged [2]int // rows at the first sample and at the last
}

// judge checks all samples, and of every so-manieth, so that there are at most most, finds
// the recall: against the exact neighbors among what was acknowledged when the search
// began, and among what else it has found, which came while it ran.
func (d *data) judge(l *ledger, samples []sample, most int) (j judged, err error) {
	every := max(1, (len(samples)+most-1)/most)
	j.recall = make([]float64, (len(samples)+every-1)/every)
	j.looked = len(samples)
	var next, wrong atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 1)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(samples) {
					return
				}
				near, right, err := d.read(l, &samples[i])
				if err != nil {
					select {
					case errs <- err:
					default:
					}
					return
				}
				if !right {
					wrong.Add(1)
				}
				if i%every == 0 {
					j.recall[i/every] = d.recallAmong(l, &samples[i], near)
				}
			}
		})
	}
	wg.Wait()
	j.wrong = int(wrong.Load())
	select {
	case err = <-errs:
	default:
	}
	for row := range d.Rows {
		for i, at := range []time.Time{samples[0].began, samples[len(samples)-1].began} {
			if l.before(row, at) {
				j.acknowledged[i]++
			}
		}
	}
	return j, err
}

// read returns the rows in the answer to a search, and whether it can be right.
func (d *data) read(l *ledger, s *sample) (near []domain.Neighbor, right bool, err error) {
	var lists [][]hit
	if err := json.Unmarshal(s.answer, &lists); err != nil || len(lists) != 1 {
		return nil, false, err
	}
	near, right = d.check(d.Queries[s.query], lists[0])
	for _, n := range near {
		right = right && l.possible(int(n.ID-1), s.ended)
	}
	return near, right, nil
}

func (d *data) recallAmong(l *ledger, s *sample, near []domain.Neighbor) float64 {
	found := map[int64]bool{}
	for _, n := range near {
		found[n.ID] = true
	}
	var truth []int64
	for _, n := range d.Nearest(domain.InnerProduct, d.Queries[s.query], k, func(row int) bool {
		return l.before(row, s.began) || found[int64(row+1)]
	}) {
		truth = append(truth, n.ID)
	}
	return vectors.Recall(truth, near)
}

// mean returns the mean of v, and the lowest mean of a quarter of it.
func mean(v []float64) (all, lowest float64) {
	lowest = 1
	for q := range 4 {
		part := v[len(v)*q/4 : len(v)*(q+1)/4]
		sum := 0.0
		for _, x := range part {
			sum += x
		}
		all += sum / float64(len(v))
		if len(part) > 0 {
			lowest = min(lowest, sum/float64(len(part)))
		}
	}
	return all, lowest
}
