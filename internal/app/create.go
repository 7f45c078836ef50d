package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Create makes the database id with the given settings and reports whether it is new.
// A database that exists with the same settings is returned as it is; with other
// settings, or an id that differs from an existing one in case only, it is ErrConflict.
func (s *Service) Create(ctx context.Context, id string, set domain.Settings) (domain.Database, bool, error) {
	leave, err := s.enter()
	if err != nil {
		return domain.Database{}, false, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, false, err
	}
	if err := s.checkSettings(set); err != nil {
		return domain.Database{}, false, err
	}
	db, created, err := s.repo.Create(ctx, id, set, nil)
	if err != nil {
		return domain.Database{}, false, fmt.Errorf("create %q: %w", id, err)
	}
	return db, created, nil
}

// checkSettings refuses settings that this service cannot serve.
func (s *Service) checkSettings(set domain.Settings) error {
	if set.Dims < 0 || set.Dims > s.limits.Dims {
		return domain.Errorf(domain.ErrInvalid, "dimensions must be between 1 and %d, got %d", s.limits.Dims, set.Dims)
	}
	if _, err := domain.ParseMetric(string(set.Metric)); err != nil {
		return err
	}
	if set.Engine == "" {
		return nil
	}
	return s.checkEngine(set.Engine)
}
