package chromaapi

import (
	"context"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// UseCases are what the routes call about chunks; *app.Service has them. They are safe for
// concurrent use.
type UseCases interface {
	Reader
	Writer
	Dropper
	Limits() app.Limits
	// Heavily runs fn, which takes a core, where that leaves one to searches.
	Heavily(ctx context.Context, fn func() error) error
}

// Reader finds chunks.
type Reader interface {
	Search(ctx context.Context, in app.Search) (app.Found, error)
	Fetch(ctx context.Context, in app.Fetch) ([]domain.Chunk, error)
	List(ctx context.Context, in app.List) (app.Page, error)
	Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error)
}

// Writer stores, changes and deletes chunks.
type Writer interface {
	Insert(ctx context.Context, in app.Insert) ([]int64, error)
	Change(ctx context.Context, in app.Change) (changed int, err error)
	Remove(ctx context.Context, in app.Removal) (int, error)
}

// Dropper drops databases, whatever surface has made them.
type Dropper interface {
	Databases(ctx context.Context) ([]domain.Database, error)
	Drop(ctx context.Context, id string) (existed bool, err error)
}

// Collections are what the routes call about collections, tenants and their databases;
// *collections.Collections has it. It is safe for concurrent use.
type Collections interface {
	Finder
	Maker
	Spaces
}

// Finder finds collections.
type Finder interface {
	Find(ctx context.Context, name collection.Name) (collection.Collection, error)
	FindUUID(ctx context.Context, u collection.UUID) (collection.Collection, error)
	Describe(ctx context.Context, c collection.Collection) (collection.Described, error)
	Settings(ctx context.Context, c collection.Collection) (domain.Settings, error)
	List(ctx context.Context, in collections.List) ([]collection.Described, error)
	Count(ctx context.Context, in collections.List) (int, error)
}

// Maker makes, changes and drops collections.
type Maker interface {
	Create(ctx context.Context, in collections.New) (c collection.Collection, created bool, err error)
	Update(ctx context.Context, c collection.Collection, up collections.Update) (collection.Collection, error)
	Drop(ctx context.Context, name collection.Name, reach func(id string) bool) (existed bool, err error)
}

// Spaces are tenants and their databases.
type Spaces interface {
	CreateTenant(ctx context.Context, tenant string) error
	FindTenant(ctx context.Context, tenant string) error
	CreateSpace(ctx context.Context, s collection.Space) error
	FindSpace(ctx context.Context, s collection.Space) error
	Spaces(ctx context.Context, tenant string) ([]collection.Space, error)
	DropSpace(ctx context.Context, s collection.Space, reach func(id string) bool) error
}
