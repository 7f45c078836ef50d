package ports

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// Collections is the registry of what databases are called by other surfaces, kept with
// the databases themselves: what it has acknowledged survives a crash, and agrees with them
// at each moment. Implementations are safe for concurrent use.
//
// applied, if not nil, is called once where something was changed, after that is durable and
// before the method returns, in the order of the commits, as ChunkRepository.Write says.
type Collections interface {
	CollectionFinder
	CollectionMaker
	Spaces
	Aliases
}

// CollectionFinder is the part of Collections that is read. A database of which there is no
// row in the registry is what collection.Of says.
type CollectionFinder interface {
	// Named returns the collection with a name, or ErrNotFound: that of the row with the name;
	// in the default space else the database without a row that has it for its id; else the
	// one for which it is an alias.
	Named(ctx context.Context, name collection.Name) (collection.Collection, error)

	// WithUUID returns the collection with a UUID, or ErrNotFound.
	WithUUID(ctx context.Context, u collection.UUID) (collection.Collection, error)

	// OfDatabase returns the collection of database id, or ErrNotFound.
	OfDatabase(ctx context.Context, id string) (collection.Collection, error)

	// InSpace returns the collections of a space with their databases, of which Chunks does
	// not count what has expired at now, in the order in which the databases were made. All
	// is of one moment. A space that does not exist has none.
	InSpace(ctx context.Context, s collection.Space, now time.Time) ([]collection.Described, error)
}

// CollectionMaker is the part of Collections that makes, changes and drops collections.
type CollectionMaker interface {
	// CreateCollection makes a database with settings set and its row of c at once, and
	// returns the collection: ID, Number and UUID of c are set by it. If there is a collection
	// with the name, it returns that one and false. check, if not nil, is asked in the
	// transaction with the id of the database, before it is made; its error refuses the whole.
	// It is ErrNotFound if the space does not exist, and ErrConflict if the name is an alias.
	CreateCollection(ctx context.Context, c collection.Collection, set domain.Settings, check func(id string) error, applied func()) (collection.Collection, bool, error)

	// ChangeCollection changes Name, Surface, Keys and Config of the collection whose
	// database has that number, which gets a row if it has none. change is called inside the
	// transaction; it must be quick and must not call the repository, and its error refuses
	// the whole. It is ErrConflict if the name is taken, be it by an alias.
	ChangeCollection(ctx context.Context, number int64, change func(*collection.Collection) error, applied func()) (collection.Collection, error)

	// DropCollection drops the database of the collection with a name that is no alias, with
	// all that the registry has of it, as Catalog.Drop does. check is as in CreateCollection.
	DropCollection(ctx context.Context, name collection.Name, check func(id string) error, applied func(domain.Database)) error
}

// Spaces is the part of Collections about tenants and their databases.
type Spaces interface {
	// CreateTenant makes a tenant, or returns ErrConflict.
	CreateTenant(ctx context.Context, tenant string, applied func()) error

	// TenantSpaces returns the databases of a tenant by name, or ErrNotFound if there is no
	// such tenant.
	TenantSpaces(ctx context.Context, tenant string) ([]collection.Space, error)

	// CreateSpace makes a database of a tenant; ErrConflict if it exists, ErrNotFound if the
	// tenant does not.
	CreateSpace(ctx context.Context, s collection.Space, applied func()) error

	// DropSpace removes a space that has no collections. It is ErrNotFound if there is none,
	// and ErrConflict if there are collections in it.
	DropSpace(ctx context.Context, s collection.Space, applied func()) error
}

// Aliases is the part of Collections about aliases.
type Aliases interface {
	// AllAliases returns all aliases by name.
	AllAliases(ctx context.Context) ([]collection.Alias, error)

	// ChangeAliases does all of actions, in order, or none. check, if not nil, is asked in
	// the transaction with the ids of databases for which aliases are made; its error
	// refuses the whole. It is ErrNotFound if a collection, or an alias to rename, does not
	// exist, and ErrConflict if an alias would have the name of a collection or a database.
	ChangeAliases(ctx context.Context, actions []collection.AliasAction, check func(id string) error, applied func()) error
}

// CollectionKeeper is a ChunkRepository that has Collections. One without has no aliases.
type CollectionKeeper interface {
	Collections() Collections
}
