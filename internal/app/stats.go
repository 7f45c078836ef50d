package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/app/tuning"
	"github.com/memista/memista/internal/ports"
)

// Stats describes a service at one moment, for those who watch over it. All that is
// counted is counted since the service was made.
type Stats struct {
	Databases int64 // that exist
	Chunks    int64 // in all of them

	live.RuntimeStats
	query.SearchStats

	Recall tuning.Stats // of databases with a target

	JobsRunning int                   // jobs under way
	JobsEnded   map[jobs.State]uint64 // and those that have ended, by how

	Backups, BackupFaults uint64    // copies of all databases made, and those that failed
	LastBackup            time.Time // when the last of them was done; zero: none was
	LastBackupBytes       int64

	Embedding EmbeddingStats // zero: there are no embedders, or they count nothing
	Rerank    RerankStats    // zero: there is no reranker

	Repository *RepositoryStats // nil: it tells nothing
}

// RepositoryStats is what a repository tells of itself.
type RepositoryStats = ports.RepositoryStats

// RerankStats is what the reranker has done.
type RerankStats = rerank.Stats

// EmbeddingStats is what embedders have done, all models together.
type EmbeddingStats = embedding.Totals

// Recall measures which share of the true neighbors the searches of a database find, on its
// own data; see recall.Meter.
func (s *Service) Recall(ctx context.Context, in recall.Ask) (recall.Report, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return recall.Report{}, err
	}
	defer leave()
	return through(ctx, s, in.Database, func(database string) (recall.Report, error) {
		at := in
		at.Database = database
		return s.recall.Measure(ctx, at)
	})
}

// Stats describes the service. It opens no database.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Stats{}, err
	}
	defer leave()
	var st Stats
	if st.Databases, st.Chunks, err = s.repo.Totals(ctx); err != nil {
		return Stats{}, err
	}
	st.RuntimeStats, st.SearchStats = s.live.Stats(), s.query.Stats()
	st.Recall = s.tuner.Stats()
	st.JobsRunning, st.JobsEnded = s.jobs.Counts()
	s.copies.addTo(&st)
	if counting, ok := s.embed.Source.(interface{ Stats() embedding.Totals }); ok {
		st.Embedding = counting.Stats()
	}
	st.Rerank = s.rank.Ranker.Stats()
	figures := s.repo.Stats()
	st.Repository = &figures
	return st, nil
}
