package clustered

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/collection"
)

// Create makes the database id with the given settings and reports whether it is new; see
// app.Service.
func (s *Service) Create(ctx context.Context, id string, set domain.Settings) (domain.Database, bool, error) {
	leave, err := s.enter()
	if err != nil {
		return domain.Database{}, false, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, false, err
	}
	if err := s.chooseSettings(ctx, &set); err != nil {
		return domain.Database{}, false, err
	}
	e, created, err := s.catalog.Create(ctx, id, set)
	if err != nil {
		return domain.Database{}, false, fmt.Errorf("create %q: %w", id, err)
	}
	if created {
		return e.Database, true, nil
	}
	list, err := s.catalog.Counted(ctx, []*catalog.Entry{e})
	if err != nil {
		return domain.Database{}, false, err
	}
	return list[0], false, nil
}

// chooseSettings refuses settings that a cluster cannot serve, and completes the others.
func (s *Service) chooseSettings(ctx context.Context, set *domain.Settings) error {
	if err := app.CheckSettings(set, s.limits); err != nil {
		return err
	}
	if err := refuseSettings(set); err != nil {
		return err
	}
	return s.embed.Choose(ctx, set)
}

// refuseSettings refuses what only a data file has.
func refuseSettings(set *domain.Settings) error {
	switch {
	case set.Sparse.Len() > 0:
		return capability.Refuse(capability.Sparse, "a cluster has no sparse vectors")
	case set.Vectors != (domain.NamedVectors{}):
		return capability.Refuse(capability.NamedVectors, "a cluster has one embedding of each chunk, and none under a name")
	case set.Engine != "" || set.M != 0 || set.EfConstruction != 0 || set.EfSearch != 0 || set.Storage != "":
		return capability.Refuse(capability.IndexJobs, "the index of a cluster's databases is one for all: leave out engine, m, ef_construction, ef_search and storage")
	case set.TargetRecall != 0:
		return capability.Refuse(capability.Recall, "a cluster does not measure the recall of its index")
	case set.FullText == domain.Trigram:
		return capability.Refuse(capability.TextOperators, "a cluster finds whole words: full_text is words or english there")
	}
	return nil
}

// Databases describes all databases in the order of their ids.
func (s *Service) Databases(ctx context.Context) ([]domain.Database, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	now, err := s.catalog.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return s.catalog.Counted(ctx, now.All())
}

// ListDatabases returns the databases that in asks for, a page at a time.
func (s *Service) ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error) {
	leave, err := s.enter()
	if err != nil {
		return app.DatabasePage{}, err
	}
	defer leave()
	if in.Limit < 0 || in.Limit > s.limits.Results {
		return app.DatabasePage{}, domain.Errorf(domain.ErrInvalid, "limit must be between 1 and %d, got %d", s.limits.Results, in.Limit)
	}
	now, err := s.catalog.Fresh(ctx)
	if err != nil {
		return app.DatabasePage{}, err
	}
	var page app.DatabasePage
	var list []*catalog.Entry
	for _, e := range now.All() {
		if e.ID <= in.After || !strings.HasPrefix(e.ID, in.Prefix) || in.Reach != nil && !in.Reach(e.ID) {
			continue
		}
		if in.Limit > 0 && len(list) == in.Limit {
			page.Next = list[in.Limit-1].ID
			break
		}
		list = append(list, e)
	}
	page.Databases, err = s.catalog.Counted(ctx, list)
	return page, err
}

// Database describes the database id, which may be an alias, or returns ErrNotFound.
func (s *Service) Database(ctx context.Context, id string) (app.DatabaseInfo, error) {
	return on(ctx, s, id, 0, func(e *catalog.Entry) (app.DatabaseInfo, error) {
		info := app.DatabaseInfo{Database: e.Database, Problems: s.cluster.Health()}
		var err error
		info.Chunks, err = s.countAll(ctx, e)
		return info, err
	})
}

// Alter changes the settings of the database id that need no other index; see app.Service.
func (s *Service) Alter(ctx context.Context, id string, a domain.Alteration) (app.Altered, error) {
	leave, err := s.enter()
	if err != nil {
		return app.Altered{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return app.Altered{}, err
	}
	if a == (domain.Alteration{}) {
		return app.Altered{}, domain.Errorf(domain.ErrInvalid, "nothing to change: give one of time to live, optional_embeddings and metadata")
	}
	e, err := s.catalog.Find(ctx, id)
	if err != nil {
		return app.Altered{}, err
	}
	e, err = s.catalog.Alter(ctx, e, func(now domain.Settings) (domain.Settings, error) {
		want, err := a.Apply(now)
		if err != nil {
			return now, err
		}
		if now.NeedsIndex(want) || now.FullText != want.FullText {
			return now, capability.Refuse(capability.IndexJobs, "the metric and the full text of a database in a cluster stay: make another database and copy the chunks")
		}
		return want, errors.Join(app.CheckSettings(&want, s.limits), refuseSettings(&want))
	})
	if err != nil {
		return app.Altered{}, fmt.Errorf("alter %q: %w", id, err)
	}
	list, err := s.catalog.Counted(ctx, []*catalog.Entry{e})
	if err != nil {
		return app.Altered{}, err
	}
	return app.Altered{Database: list[0]}, nil
}

// Drop removes a database and everything in it, and reports whether it existed.
func (s *Service) Drop(ctx context.Context, id string) (existed bool, err error) {
	leave, err := s.enter()
	if err != nil {
		return false, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return false, err
	}
	switch _, err := s.catalog.Drop(ctx, id); {
	case errors.Is(err, domain.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("drop %q: %w", id, err)
	}
	return true, nil
}

// Aliases returns the aliases of databases by name.
func (s *Service) Aliases(ctx context.Context) ([]collection.Alias, error) {
	return s.names.Aliases(ctx)
}

// ChangeAliases changes aliases; see collections.Collections.
func (s *Service) ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error {
	return s.names.ChangeAliases(ctx, actions, reach)
}
