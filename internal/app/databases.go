package app

import (
	"context"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// DatabaseInfo describes a database and the index that serves it.
type DatabaseInfo struct {
	domain.Database
	IndexInfo
	// Problems is what is wrong with it, or with all databases, now.
	Problems []domain.Problem
}

// Databases describes all databases in the order of their ids.
func (s *Service) Databases(ctx context.Context) ([]domain.Database, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return ports.ListLive(ctx, s.repo, s.now())
}

// Database describes database id, or returns ErrNotFound. It does not open it.
func (s *Service) Database(ctx context.Context, id string) (DatabaseInfo, error) {
	leave, err := s.enter()
	if err != nil {
		return DatabaseInfo{}, err
	}
	defer leave()
	d, err := s.findLive(ctx, id)
	if err != nil {
		return DatabaseInfo{}, err
	}
	info := DatabaseInfo{Database: d, IndexInfo: s.describeIndex(d), Problems: s.problemsOf(id)}
	info.Engine = s.engineName(d.Engine)
	return info, nil
}
