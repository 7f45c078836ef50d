package app

import (
	"context"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// DatabaseInfo describes a database and the index that serves it.
type DatabaseInfo struct {
	domain.Database
	Open  bool             // its index is in memory
	Index ports.IndexStats // zero while not open
	Plan  domain.Plan      // how an unfiltered search would be answered
}

// Databases describes all databases in the order of their ids.
func (s *Service) Databases(ctx context.Context) ([]domain.Database, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.repo.List(ctx)
}

// Database describes database id, or returns ErrNotFound. It does not open it.
func (s *Service) Database(ctx context.Context, id string) (DatabaseInfo, error) {
	leave, err := s.enter()
	if err != nil {
		return DatabaseInfo{}, err
	}
	defer leave()
	d, err := s.find(ctx, id)
	if err != nil {
		return DatabaseInfo{}, err
	}
	info := DatabaseInfo{Database: d, Plan: domain.PlanFlat}
	if info.Engine == "" {
		info.Engine = s.flat.Name()
	}
	s.mu.Lock()
	db := s.open[id]
	s.mu.Unlock()
	if db == nil {
		return info, nil
	}
	if p := db.projection.Load(); p != nil {
		info.Open, info.Index = true, p.tail.Stats()
	}
	return info, nil
}
