package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/ports"
)

// Stats describes a service at one moment, for those who watch over it. All that is
// counted is counted since the service was made.
type Stats struct {
	Databases int64 // that exist
	Chunks    int64 // in all of them

	live.RuntimeStats
	query.SearchStats

	JobsRunning int                   // jobs under way
	JobsEnded   map[jobs.State]uint64 // and those that have ended, by how

	Backups, BackupFaults uint64    // copies of all databases made, and those that failed
	LastBackup            time.Time // when the last of them was done; zero: none was
	LastBackupBytes       int64

	Repository *RepositoryStats // nil: it tells nothing
}

// RepositoryStats is what a repository tells of itself.
type RepositoryStats = ports.RepositoryStats

// Stats describes the service. It opens no database.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Stats{}, err
	}
	defer leave()
	var st Stats
	if st.Databases, st.Chunks, err = s.totals(ctx); err != nil {
		return Stats{}, err
	}
	st.RuntimeStats, st.SearchStats = s.live.Stats(), s.query.Stats()
	st.JobsRunning, st.JobsEnded = s.jobs.Counts()
	s.copies.addTo(&st)
	if m, ok := s.repo.(ports.StatsProvider); ok {
		figures := m.Stats()
		st.Repository = &figures
	}
	return st, nil
}

// totals counts databases and chunks.
func (s *Service) totals(ctx context.Context) (databases, chunks int64, err error) {
	if m, ok := s.repo.(ports.StatsProvider); ok {
		return m.Totals(ctx)
	}
	list, err := s.repo.List(ctx)
	for _, d := range list {
		chunks += d.Chunks
	}
	return int64(len(list)), chunks, err
}
