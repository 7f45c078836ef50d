package query

import (
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Searcher answers searches and filters. It is safe for concurrent use.
type Searcher struct {
	live   *live.Registry
	repo   ports.ChunkRepository
	limits domain.Limits
	now    func() time.Time
	counts counts
}

// New returns a Searcher over the databases of r, whose rows are in repo. By now chunks
// expire.
func New(r *live.Registry, repo ports.ChunkRepository, limits domain.Limits, now func() time.Time) *Searcher {
	return &Searcher{live: r, repo: repo, limits: limits, now: now}
}

// Stats are what searches have done since s was made.
func (s *Searcher) Stats() SearchStats { return s.counts.stats() }
