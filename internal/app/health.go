package app

import (
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Problems returns what is wrong with the data or the disk now. While there is a problem,
// what can be read is served.
func (s *Service) Problems() []domain.Problem {
	leave, err := s.enter()
	if err != nil {
		return nil // closed: not a problem of the data
	}
	defer leave()
	h, ok := s.repo.(ports.HealthReporter)
	if !ok {
		return nil
	}
	return slices.Clone(h.Problems())
}

// problemsOf returns the problems that concern one database.
func (s *Service) problemsOf(id string) []domain.Problem {
	var list []domain.Problem
	for _, p := range s.Problems() {
		if p.Database == id || p.Database == "" {
			list = append(list, p)
		}
	}
	return list
}
