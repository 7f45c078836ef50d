package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
)

// Rebuild rebuilds the index of database id.
func (s *Service) Rebuild(ctx context.Context, id string) error {
	return s.live.Hooks().Rebuild(ctx, id)
}

// Save writes the graph of database id to its file.
func (s *Service) Save(ctx context.Context, id string) error { return s.live.Hooks().Save(ctx, id) }

// Sweep takes one step of deleting what has expired.
func (s *Service) Sweep(ctx context.Context) error { return s.live.Hooks().DeleteExpired(ctx) }

// Write stores a batch as the use cases do.
func (s *Service) Write(ctx context.Context, b domain.Batch) (domain.Commit, error) {
	return s.live.Write(ctx, b)
}

// Rounds is how often a search is made; in the last one writers wait.
const Rounds = query.Rounds

// KeepSearching makes s believe that a search is under way, and another comes as soon as
// it ends, until done is called.
func (s *Service) KeepSearching() (done func()) { return s.live.Hooks().KeepSearching() }

// CaughtUp reports whether an index of database id that is to take the place of the one in
// use has all commits.
func (s *Service) CaughtUp(id string) bool { return s.live.Hooks().CaughtUp(id) }

// Waited reports whether somebody waits for the next commit of database id to be applied.
func (s *Service) Waited(id string) bool { return s.live.Hooks().Waited(id) }

// SetFinishTime sets how long Close goes on indexing.
func (s *Service) SetFinishTime(d time.Duration) { s.live.Hooks().SetFinishTime(d) }

// SaverOf returns what saves the graph of database id as it is open now, also later.
func (s *Service) SaverOf(ctx context.Context, id string) (save func() error, err error) {
	return s.live.Hooks().SaverOf(ctx, id)
}

// Evict closes database id as the memory budget has it.
func (s *Service) Evict(ctx context.Context, id string) error { return s.live.Hooks().Evict(ctx, id) }

// PauseWrites waits for the writers of database id and keeps others out until release is
// called.
func (s *Service) PauseWrites(id string) (release func()) { return s.live.PauseWrites(id) }
