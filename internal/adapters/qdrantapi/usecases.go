package qdrantapi

import (
	"context"

	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// UseCases are what the routes call; *app.Service has them. They are safe for concurrent
// use.
type UseCases interface {
	find.UseCases
	Database(ctx context.Context, id string) (app.DatabaseInfo, error)
	CountValues(ctx context.Context, in app.CountValues) (app.ValueCounts, error)
	Insert(ctx context.Context, in app.Insert) ([]int64, error)
	Change(ctx context.Context, in app.Change) (changed int, err error)
	Remove(ctx context.Context, in app.Removal) (int, error)
	Heavily(ctx context.Context, fn func() error) error
}

// FieldCounter is a UseCases that counts in one go how many points have each of several fields.
type FieldCounter interface {
	CountFields(ctx context.Context, in app.CountFields) ([]int64, error)
}

// Collections are the databases by the names that callers have for them;
// *collections.Collections has them. They are safe for concurrent use.
type Collections interface {
	Find(ctx context.Context, name collection.Name) (collection.Collection, error)
	Settings(ctx context.Context, col collection.Collection) (domain.Settings, error)
	List(ctx context.Context, in collections.List) ([]collections.Described, error)
	Create(ctx context.Context, in collections.New) (col collection.Collection, created bool, err error)
	Update(ctx context.Context, col collection.Collection, up collections.Update) (collection.Collection, error)
	Drop(ctx context.Context, name collection.Name, reach func(id string) bool) (existed bool, err error)
	Aliases(ctx context.Context) ([]collection.Alias, error)
	ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error
}
