package app

import (
	"sync/atomic"
	"time"
)

// counts are what happened to open databases since the registry was made; anybody counts.
type counts struct {
	fromFile, fromRows           atomic.Uint64
	parked                       atomic.Uint64
	rebuilds, rebuildFaults      atomic.Uint64
	snapshots, snapshotFaults    atomic.Uint64
	abandoned                    atomic.Uint64
	sweeps, sweepFaults, swept   atomic.Uint64
	waits, waitRefusals, waiting atomic.Int64
	waited                       atomic.Int64 // nanoseconds
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

// count adds one to good, or where err says so to bad.
func count(good, bad *atomic.Uint64, err error) {
	if err != nil {
		bad.Add(1)
		return
	}
	good.Add(1)
}
