package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.HealthReporter = (*Store)(nil)

// health is what is wrong with a store for the time being.
type health struct {
	mu       sync.Mutex // guards problems
	problems []domain.Problem
}

// note remembers a problem; one that is known already keeps its time.
func (h *health) note(kind error, database string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.find(kind, database) < 0 {
		h.problems = append(h.problems, domain.Problem{Kind: kind, Database: database, Since: now.UTC()})
	}
}

// passed forgets a problem.
func (h *health) passed(kind error, database string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := h.find(kind, database); i >= 0 {
		h.problems = slices.Delete(h.problems, i, i+1)
	}
}

func (h *health) has(kind error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.find(kind, "") >= 0
}

// find returns the position of a problem, or -1; h.mu is held.
func (h *health) find(kind error, database string) int {
	return slices.IndexFunc(h.problems, func(p domain.Problem) bool {
		return p.Kind == kind && p.Database == database //nolint:errorlint // a kind may wrap another
	})
}

// inPlace returns ErrMoved if the data file is not where it was opened, or the links that
// it was opened by lead elsewhere. What is written to a file that was moved, or whose last
// name is gone, would not be there after a restart.
func (s *Store) inPlace() error {
	if s.file == nil {
		return nil
	}
	if s.isAt(s.at.path) && (s.at.given == s.at.path || s.isAt(s.at.given)) {
		s.health.passed(domain.ErrMoved, "")
		return nil
	}
	s.health.note(domain.ErrMoved, "", s.options.Now())
	return domain.Errorf(domain.ErrMoved, "%s", domain.Problem{Kind: domain.ErrMoved}.Message())
}

// isAt reports whether path leads to the file that was opened.
func (s *Store) isAt(path string) bool {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(s.file, now)
}

// Problems returns what is wrong now; see ports.HealthReporter.
func (s *Store) Problems() []domain.Problem {
	_ = s.inPlace() // it notes what it finds
	s.health.mu.Lock()
	list := slices.Clone(s.health.problems)
	s.health.mu.Unlock()
	slices.SortStableFunc(list, func(a, b domain.Problem) int { return cmp.Compare(a.Database, b.Database) })
	return list
}

// observed notes that a database is damaged, if that is what err says.
func (s *Store) observed(id string, err error) error {
	if errors.Is(err, domain.ErrCorrupt) {
		s.health.note(domain.ErrCorrupt, id, s.options.Now())
	}
	return err
}

// noteFull remembers that the disk is full, if that is what err says, and has the keeper
// look again in a while.
func (w *writer) noteFull(err error) {
	if primaryCode(err) != codeFull {
		return
	}
	w.store.health.note(domain.ErrDiskFull, "", w.store.options.Now())
	w.keeper.timer.Reset(w.store.options.pause)
}

// revive opens the connection anew after a disk fault, without waiting for a request to
// need it.
func (k *keeper) revive() {
	if k.w.reopen() != nil { // which has noted why
		k.timer.Reset(k.w.store.options.pause)
	}
}

// probe writes a page that says what it said before, to see whether a disk that was full
// has room again.
func (k *keeper) probe() error {
	if k.w.reserve.Low() && !k.reserves() {
		return nil
	}
	if g := k.w.store.gate; g != nil {
		g.Lock()
		defer g.Unlock()
	}
	err := k.w.conn.script(fmt.Sprintf("BEGIN IMMEDIATE; PRAGMA user_version = %d; COMMIT", len(k.w.store.options.migrations)))
	if err != nil {
		_ = k.w.conn.script("ROLLBACK") // fails if SQLite has done it already
		return err
	}
	if _, _, err := k.checkpoint("PASSIVE", 0); err != nil {
		return err
	}
	k.w.store.health.passed(domain.ErrDiskFull, "")
	return nil
}
