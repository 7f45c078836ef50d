package app

import (
	"context"
	"strings"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// DatabaseInfo describes a database and the index that serves it.
type DatabaseInfo struct {
	domain.Database
	live.IndexInfo
	// Problems is what is wrong with it, or with all databases, now.
	Problems []domain.Problem
}

// Databases describes all databases in the order of their ids.
func (s *Service) Databases(ctx context.Context) ([]domain.Database, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.repo.ListLive(ctx, s.now())
}

// Database describes database id, which may be an alias, or returns ErrNotFound. It does not
// open it.
func (s *Service) Database(ctx context.Context, id string) (DatabaseInfo, error) {
	return through(ctx, s, id, func(id string) (DatabaseInfo, error) { return s.describe(ctx, id) })
}

func (s *Service) describe(ctx context.Context, id string) (DatabaseInfo, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return DatabaseInfo{}, err
	}
	defer leave()
	d, err := s.live.FindLive(ctx, id)
	if err != nil {
		return DatabaseInfo{}, err
	}
	info := DatabaseInfo{Database: d, IndexInfo: s.live.IndexInfo(d), Problems: s.problemsOf(id)}
	info.Engine = s.live.Engines().Name(d.Engine)
	return info, nil
}

// Aliases returns the aliases of databases by name.
func (s *Service) Aliases(ctx context.Context) ([]collection.Alias, error) {
	return s.names.Aliases(ctx)
}

// ChangeAliases changes aliases; see collections.Collections.
func (s *Service) ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error {
	return s.names.ChangeAliases(ctx, actions, reach)
}

// ListDatabases asks for databases in the order of their ids.
type ListDatabases struct {
	After  string               // only ids behind it, which need not be there
	Prefix string               // only ids that begin so
	Limit  int                  // 0: all
	Reach  func(id string) bool // those that the caller may know of; nil: all
}

// DatabasePage is a part of the databases.
type DatabasePage struct {
	Databases []domain.Database
	Next      string // After of the next page; "": this was the last one
}

// ListDatabases returns the databases that in asks for, a page at a time.
func (s *Service) ListDatabases(ctx context.Context, in ListDatabases) (DatabasePage, error) {
	if in.Limit < 0 || in.Limit > s.limits.Results {
		return DatabasePage{}, domain.Errorf(domain.ErrInvalid, "limit must be between 1 and %d, got %d", s.limits.Results, in.Limit)
	}
	all, err := s.Databases(ctx)
	if err != nil {
		return DatabasePage{}, err
	}
	page := DatabasePage{Databases: []domain.Database{}}
	for _, d := range all {
		if d.ID <= in.After || !strings.HasPrefix(d.ID, in.Prefix) || in.Reach != nil && !in.Reach(d.ID) {
			continue
		}
		if in.Limit > 0 && len(page.Databases) == in.Limit {
			page.Next = page.Databases[in.Limit-1].ID
			break
		}
		page.Databases = append(page.Databases, d)
	}
	return page, nil
}
