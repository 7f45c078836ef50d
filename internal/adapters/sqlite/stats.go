package sqlite

import "sync/atomic"

// counters are the figures behind Stats; the writer counts, anybody reads.
type counters struct {
	commits, syncs, batches, groups, refused, faults, checkpoints atomic.Uint64

	pending  atomic.Int64
	readOnly atomic.Bool
}

// committed counts one transaction of requests.
func (n *counters) committed(group []*request, synced bool) {
	n.commit(synced)
	n.groups.Add(1)
	for _, r := range group {
		if r.err != nil {
			n.refused.Add(1)
			continue
		}
		n.batches.Add(1)
	}
}

// commit counts one transaction.
func (n *counters) commit(synced bool) {
	n.commits.Add(1)
	if synced {
		n.syncs.Add(1)
	}
}

func (n *counters) snapshot() Stats {
	return Stats{
		Commits:     n.commits.Load(),
		Syncs:       n.syncs.Load(),
		Batches:     n.batches.Load(),
		Groups:      n.groups.Load(),
		Refused:     n.refused.Load(),
		Faults:      n.faults.Load(),
		Checkpoints: n.checkpoints.Load(),
		ReadOnly:    n.readOnly.Load(),
		Pending:     int(n.pending.Load()),
	}
}
