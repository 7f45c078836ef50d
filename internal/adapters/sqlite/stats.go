package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"github.com/memista/memista/internal/ports"
)

var _ ports.Meter = (*Store)(nil)

// counters are the figures behind Stats; the writer counts, anybody reads.
type counters struct {
	commits, syncs, batches, groups, grouped, refused, faults, checkpoints atomic.Uint64

	sizes [len(ports.GroupBounds) + 1]atomic.Uint64 // of groups, by requests

	pending  atomic.Int64
	readOnly atomic.Bool
}

// committed counts one transaction of requests.
func (n *counters) committed(group []*request, synced bool) {
	n.commit(synced)
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

// commit counts one transaction.
func (n *counters) commit(synced bool) {
	n.commits.Add(1)
	if synced {
		n.syncs.Add(1)
	}
}

func (n *counters) snapshot() ports.RepositoryStats {
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
		Pending:     int(n.pending.Load()),
	}
	for i := range n.sizes {
		out.GroupSizes[i] = n.sizes[i].Load()
	}
	return out
}

// Stats describes the store as it is now.
func (s *Store) Stats() ports.RepositoryStats {
	out := s.writer.counts.snapshot()
	out.Driver, out.Library = Driver, LibraryVersion()
	if s.at.path != "" {
		out.WALBytes = fileSize(s.at.path + "-wal")
		out.FileBytes = fileSize(s.at.path)
	}
	return out
}

// fileSize asks for the size by name; the file is not opened.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Totals counts databases and chunks; see ports.Meter.
func (s *Store) Totals(ctx context.Context) (databases, chunks int64, err error) {
	err = s.read(ctx, func(c *conn) error {
		return c.query("SELECT count(*), coalesce(sum(chunks), 0) FROM databases", func(row []driver.Value) error {
			var ok [2]bool
			databases, ok[0] = row[0].(int64)
			chunks, ok[1] = row[1].(int64)
			if !ok[0] || !ok[1] {
				return fmt.Errorf("totals are a %T and a %T, not numbers", row[0], row[1])
			}
			return nil
		})
	})
	return databases, chunks, err
}
