package app

import (
	"context"
	"math"
	"time"
	"unsafe"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Rebuild rebuilds the projection of database id.
func (s *Service) Rebuild(ctx context.Context, id string) error {
	return s.with(ctx, id, func(db *database) error {
		if err := db.wait(ctx); err != nil {
			return err
		}
		return s.rebuild(ctx, db, new(progress))
	})
}

// Save writes the graph of database id to its file.
func (s *Service) Save(ctx context.Context, id string) error {
	return s.with(ctx, id, func(db *database) error {
		if err := db.wait(ctx); err != nil {
			return err
		}
		return s.save(ctx, db, db.projection.Load())
	})
}

// Sweep takes one step of the sweeper.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.sweep(ctx, s.repo.(ports.Expirer))
	return err
}

// Write stores a batch as the use cases do.
func (s *Service) Write(ctx context.Context, b domain.Batch) (domain.Commit, error) {
	return s.write(ctx, b)
}

// QueuedBytes is what a vector takes in the queue of what the graph lacks.
const QueuedBytes = unsafe.Sizeof(arrival{})

// Rounds is how often a search is made; in the last one writers wait.
const Rounds = rounds

// KeepSearching makes s believe that a search is under way, and another comes as soon as
// it ends, until done is called.
func (s *Service) KeepSearching() (done func()) {
	s.calls.Add(1)
	s.searches.last.Store(math.MaxInt64 / 2)
	return func() {
		s.searches.last.Store(0)
		s.calls.Add(-1)
	}
}

// CaughtUp reports whether a projection of database id that is to take the place of the one
// in use has all commits.
func (s *Service) CaughtUp(id string) bool {
	s.mu.Lock()
	db := s.open[id]
	s.mu.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.next != nil && db.next.caught
}

// Waited reports whether somebody waits for the next commit of database id to be applied.
func (s *Service) Waited(id string) bool {
	s.mu.Lock()
	db := s.open[id]
	s.mu.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.moved != nil
}

// SetFinishTime sets how long Close goes on indexing.
func (s *Service) SetFinishTime(d time.Duration) { s.finishTime = d }

// SaverOf returns what saves the graph of database id as it is open now, also later.
func (s *Service) SaverOf(ctx context.Context, id string) (save func() error, err error) {
	err = s.with(ctx, id, func(db *database) error {
		if err := db.wait(ctx); err != nil {
			return err
		}
		p := db.projection.Load()
		save = func() error { return s.save(ctx, db, p) }
		return nil
	})
	return save, err
}

// Evict closes database id as the memory budget has it.
func (s *Service) Evict(ctx context.Context, id string) error {
	return s.with(ctx, id, func(db *database) error {
		err := db.wait(ctx)
		if err == nil {
			s.park(ctx, db)
		}
		return err
	})
}
