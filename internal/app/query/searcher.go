package query

import (
	"context"
	"errors"
	"fmt"
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

// Search answers all queries, side by side. Every chunk that was acknowledged before the
// call is considered; each hit agrees with its row and with the filter. If k chunks that a
// filter selects are there, k come back.
func (s *Searcher) Search(ctx context.Context, in Search) (Found, error) {
	if err := s.Check(&in); err != nil {
		return Found{}, err
	}
	var found answer
	began := time.Now()
	wide := s.widened(in)
	err := s.live.With(ctx, in.Database, func(db *live.Database) error {
		var err error
		found, err = s.searchIn(ctx, db, wide, began)
		for errors.Is(err, live.ErrAltered) {
			if err = db.WaitAltered(ctx); err != nil {
				return err
			}
			found, err = s.searchIn(ctx, db, wide, began)
		}
		return err
	})
	if err == nil {
		err = diversify(ctx, &in, &found) // without holding up writers, or whoever closes the database
	}
	if err != nil {
		return Found{}, fmt.Errorf("search in %q: %w", in.Database, err)
	}
	for i := range found.Explain {
		found.Explain[i].Times.Total = time.Since(began)
	}
	return found.Found, nil
}
