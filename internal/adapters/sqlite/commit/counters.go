package commit

import (
	"slices"
	"sync/atomic"

	"github.com/memista/memista/internal/ports"
)

// counters are the figures behind Stats; the writer counts, any goroutine reads.
type counters struct {
	commits, syncs, batches, groups, grouped, refused, faults, checkpoints atomic.Uint64

	sizes [len(ports.GroupBounds) + 1]atomic.Uint64 // of groups, by requests

	readOnly atomic.Bool
}

// countGroup counts one transaction of requests.
func (n *counters) countGroup(group []*Request, synced bool) {
	n.countCommit(synced)
	n.groups.Add(1)
	n.grouped.Add(uint64(len(group)))
	class, _ := slices.BinarySearch(ports.GroupBounds[:], len(group))
	n.sizes[class].Add(1)
	for _, r := range group {
		if r.err != nil {
			n.refused.Add(1)
			continue
		}
		n.batches.Add(1)
	}
}

// countCommit counts one transaction.
func (n *counters) countCommit(synced bool) {
	n.commits.Add(1)
	if synced {
		n.syncs.Add(1)
	}
}

// Stats returns what the writer has counted.
func (w *Writer) Stats() ports.RepositoryStats {
	n := &w.counters
	out := ports.RepositoryStats{
		Commits:     n.commits.Load(),
		Syncs:       n.syncs.Load(),
		Batches:     n.batches.Load(),
		Groups:      n.groups.Load(),
		Grouped:     n.grouped.Load(),
		Refused:     n.refused.Load(),
		Faults:      n.faults.Load(),
		Checkpoints: n.checkpoints.Load(),
		ReadOnly:    n.readOnly.Load(),
	}
	for i := range n.sizes {
		out.GroupSizes[i] = n.sizes[i].Load()
	}
	return out
}
