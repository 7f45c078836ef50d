package sqlite

import (
	"errors"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.HealthReporter = (*Store)(nil)

// Problems returns what is wrong now; see ports.HealthReporter.
func (s *Store) Problems() []domain.Problem {
	_ = s.inPlace() // it notes what it finds
	return s.health.List()
}

// inPlace returns ErrMoved if the data file is not where it was opened, or the links that
// it was opened by lead elsewhere. What is written to a file that was moved, or whose last
// name was removed, would not be there after a restart.
func (s *Store) inPlace() error {
	if s.opened == nil {
		return nil
	}
	if s.file.IsAt(s.opened) {
		s.health.Resolve(domain.ErrMoved, "")
		return nil
	}
	s.health.Note(domain.ErrMoved, "", s.options.Now())
	return domain.Errorf(domain.ErrMoved, "%s", domain.Problem{Kind: domain.ErrMoved}.Message())
}

// observed notes that a database is damaged, if that is what err says.
func (s *Store) observed(id string, err error) error {
	if errors.Is(err, domain.ErrCorrupt) {
		s.health.Note(domain.ErrCorrupt, id, s.options.Now())
	}
	return err
}
