package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

// counts are what a service has done since it was made; anybody counts, Stats reads.
type counts struct {
	queries            [len(plans)]atomic.Uint64 // by plan
	visited, distances atomic.Uint64
	repeats            atomic.Uint64
	rowsKept, rowsRead atomic.Uint64 // rows of hits

	fromFile, fromRows           atomic.Uint64
	parked                       atomic.Uint64
	rebuilds, rebuildFaults      atomic.Uint64
	snapshots, snapshotFaults    atomic.Uint64
	abandoned                    atomic.Uint64
	sweeps, sweepFaults, swept   atomic.Uint64
	backups, backupFaults        atomic.Uint64
	backupAt, backupBytes        atomic.Int64 // of the last one: milliseconds since 1970, and size
	waits, waitRefusals, waiting atomic.Int64
	waited                       atomic.Int64 // nanoseconds
}

// plans are the ways in which queries are answered, in the order of counts.queries.
var plans = [...]domain.Plan{domain.PlanFlat, domain.PlanExactIDs, domain.PlanGraph, domain.PlanFiltered}

// searched counts the queries of one search.
func (n *counts) searched(work []domain.Explain) {
	for i := range work {
		w := &work[i]
		for p, plan := range plans {
			if w.Plan == plan {
				n.queries[p].Add(1)
				break
			}
		}
		n.visited.Add(uint64(w.Visited))
		n.distances.Add(uint64(w.Distances))
	}
}

// beginWait counts an insert that has to wait for room; end is to be called when it no
// longer does.
func (n *counts) beginWait() (end func()) {
	began := time.Now()
	n.waits.Add(1)
	n.waiting.Add(1)
	return func() {
		n.waiting.Add(-1)
		n.waited.Add(int64(time.Since(began)))
	}
}

// backup counts a backup of size bytes that was done now.
func (n *counts) backup(now time.Time, size int64) {
	n.backups.Add(1)
	n.backupBytes.Store(size)
	n.backupAt.Store(now.UnixMilli())
}

// noBackup counts a backup that failed, unless it was refused before it was begun or its
// caller has gone.
func (n *counts) noBackup(err error) {
	for _, none := range []error{domain.ErrBusy, domain.ErrConflict, context.Canceled} {
		if errors.Is(err, none) {
			return
		}
	}
	n.backupFaults.Add(1)
}

// count adds one to good, or where err says so to bad.
func count(good, bad *atomic.Uint64, err error) {
	if err != nil {
		bad.Add(1)
		return
	}
	good.Add(1)
}
