package ports

import "context"

// GroupBounds are the upper bounds of the classes in which RepositoryStats counts
// transactions by the number of requests in them; larger ones have a class of their own.
var GroupBounds = [...]int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}

// RepositoryStats are figures of a repository. What is counted is counted since it was
// opened.
type RepositoryStats struct {
	Driver, Library string // names of the driver and the version of what it drives
	Commits         uint64 // transactions that changed something, housekeeping included
	Syncs           uint64 // of these, the ones that waited for an fsync
	Batches         uint64 // requests that were committed
	Groups          uint64 // transactions that committed requests; Batches/Groups share one fsync
	// GroupSizes counts the Groups by the requests in them: up to GroupBounds[i], or more
	// than the last bound.
	GroupSizes  [len(GroupBounds) + 1]uint64
	Grouped     uint64 // requests in the Groups
	Refused     uint64 // requests that were rolled back
	Faults      uint64 // disk faults after which the writer's connection was opened anew
	Checkpoints uint64
	WALBytes    int64 // size of the write-ahead log
	FileBytes   int64 // size of the file without it
	ReadOnly    bool  // after a disk fault, or where the file may not be written
	Pending     int   // drops whose space is still being given back
}

// GroupsUpTo returns how many of the Groups had at most so many requests, for every bound.
func (r *RepositoryStats) GroupsUpTo() map[int]uint64 {
	var n uint64
	upTo := make(map[int]uint64, len(GroupBounds))
	for i, bound := range GroupBounds {
		n += r.GroupSizes[i]
		upTo[bound] = n
	}
	return upTo
}

// StatsProvider is the part of a ChunkRepository that tells how it fares.
type StatsProvider interface {
	// Stats describes the repository as it is now.
	Stats() RepositoryStats
	// Totals returns how many databases there are, and how many chunks in all of them.
	Totals(ctx context.Context) (databases, chunks int64, err error)
}
