package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Drop removes a database and everything in it, and reports whether it existed. The
// name is free when Drop returns; space is given back in the background.
func (s *Service) Drop(ctx context.Context, id string) (existed bool, err error) {
	leave, err := s.live.Enter()
	if err != nil {
		return false, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return false, err
	}
	switch err := s.repo.Drop(ctx, id, s.dropped); {
	case errors.Is(err, domain.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("drop %q: %w", id, err)
	}
	return true, nil
}

// dropped tells those that keep something of d that it is gone.
func (s *Service) dropped(d domain.Database) {
	s.names.Forget()
	s.live.Dropped(d)
}
