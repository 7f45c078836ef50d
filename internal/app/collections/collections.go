package collections

import (
	"context"
	"errors"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Collections is made of. Live is needed.
type Config struct {
	Registry ports.Collections // nil: there are no collections and no aliases
	Live     Databases
	Now      func() time.Time // the clock by which chunks expire
	// Choose refuses settings that no database can have, and completes the others.
	Choose func(ctx context.Context, set *domain.Settings) error
	// Shared says that others change the registry, too: what was read of it is not kept.
	Shared bool
}

// Databases are what the collections are, by their ids.
type Databases interface {
	// Enter is a call under way until leave is called, or ErrClosed.
	Enter() (leave func(), err error)
	// FindLive and Describe return the database called id as it is now, or ErrNotFound: the one
	// with the number of its chunks, the other perhaps without.
	FindLive(ctx context.Context, id string) (domain.Database, error)
	Describe(ctx context.Context, id string) (domain.Database, error)
	// Dropped is told that a database is gone.
	Dropped(db domain.Database)
}

var _ Databases = (*live.Registry)(nil)

// Collections are the databases as other surfaces know them. It is safe for concurrent use.
type Collections struct {
	reg    ports.Collections
	live   Databases
	now    func() time.Time
	choose func(ctx context.Context, set *domain.Settings) error
	cache  cache
}

// Over returns the Collections over c.
func Over(c Config) *Collections {
	return &Collections{reg: c.Registry, live: c.Live, now: c.Now, choose: c.Choose, cache: cache{reading: make(chan struct{}, 1), off: c.Shared}}
}

// Forget has what is known of databases read again. It is called when one was dropped, or
// changed otherwise than through c, before anybody is told of that.
func (c *Collections) Forget() { c.cache.forget(true) }

// forgetNames is Forget for a change after which all aliases are as before.
func (c *Collections) forgetNames() { c.cache.forget(false) }

// usable is ErrUnsupported where there is no registry.
func (c *Collections) usable() error {
	if c.reg == nil {
		return domain.Errorf(domain.ErrUnsupported, "where these databases are kept there are no collections and no aliases")
	}
	return nil
}

// Find returns the collection with a name, or ErrNotFound. In the default space that is the
// one that was made with it; else the database that has it for its id; else the one for which
// it is an alias, which Alias says then.
func (c *Collections) Find(ctx context.Context, name collection.Name) (collection.Collection, error) {
	if col, ok := get(&c.cache, &c.cache.names, name); ok {
		return col, nil
	}
	return find(c, &c.cache.names, name, func() (collection.Collection, error) { return c.reg.Named(ctx, name) })
}

// FindUUID returns the collection with a UUID, in whatever space, or ErrNotFound. That there is
// none is remembered: to find that out, all databases are looked at.
func (c *Collections) FindUUID(ctx context.Context, u collection.UUID) (collection.Collection, error) {
	if col, ok := get(&c.cache, &c.cache.uuids, u); ok {
		return col, nil
	}
	if c.cache.isUnused(u) {
		return collection.Collection{}, collection.NotFound(collection.ACollection, u.String())
	}
	age := c.cache.now()
	col, err := find(c, &c.cache.uuids, u, func() (collection.Collection, error) { return c.reg.WithUUID(ctx, u) })
	if errors.Is(err, domain.ErrNotFound) {
		c.cache.putUnused(age, u)
	}
	return col, err
}

// FindID returns the collection whose database has that id, or ErrNotFound.
func (c *Collections) FindID(ctx context.Context, id string) (collection.Collection, error) {
	if col, ok := get(&c.cache, &c.cache.ids, id); ok {
		return col, nil
	}
	return find(c, &c.cache.ids, id, func() (collection.Collection, error) { return c.reg.OfDatabase(ctx, id) })
}

// find reads what the cache does not have.
func find[K comparable](c *Collections, m *map[K]collection.Collection, k K, read func() (collection.Collection, error)) (collection.Collection, error) {
	if err := c.usable(); err != nil {
		return collection.Collection{}, err
	}
	age := c.cache.now()
	col, err := read()
	if err != nil {
		return collection.Collection{}, err
	}
	put(&c.cache, age, m, k, col, sizeOf(&col))
	return col, nil
}

// Described is a collection with its database as it was at one moment.
type Described = collection.Described

// Describe returns col with its database as it is now, or ErrNotFound. It does not open it.
func (c *Collections) Describe(ctx context.Context, col collection.Collection) (Described, error) {
	db, err := c.live.FindLive(ctx, col.ID)
	if err == nil && db.Number != col.Number {
		err = collection.NotFound(collection.ACollection, col.Name)
	}
	if err != nil {
		return Described{}, err
	}
	return Described{Collection: col, State: db}, nil
}

// Settings returns the settings that the database of col has now, Dims among them. It opens
// the database, and costs no SQL while that is open.
func (c *Collections) Settings(ctx context.Context, col collection.Collection) (domain.Settings, error) {
	leave, err := c.live.Enter()
	if err != nil {
		return domain.Settings{}, err
	}
	defer leave()
	db, err := c.live.Describe(ctx, col.ID)
	if err == nil && db.Number != col.Number {
		err = collection.NotFound(collection.ACollection, col.Name)
	}
	return db.Settings, err
}

// List asks for the collections of a space.
type List struct {
	Space  collection.Space
	Limit  int                  // 0: all
	Offset int                  // how many to pass over
	Reach  func(id string) bool // those of databases that the caller may know of; nil: all
}

// List returns the collections that in asks for, in the order in which their databases were
// made.
func (c *Collections) List(ctx context.Context, in List) ([]Described, error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	all, err := c.reg.InSpace(ctx, in.Space, c.now())
	if err != nil {
		return nil, err
	}
	page := []Described{}
	for _, d := range all {
		switch {
		case in.Reach != nil && !in.Reach(d.ID):
		case in.Offset > 0:
			in.Offset--
		default:
			page = append(page, d)
		}
		if in.Limit > 0 && len(page) == in.Limit {
			break
		}
	}
	return page, nil
}

// Count returns how many collections of a space there are within the reach of in.
func (c *Collections) Count(ctx context.Context, in List) (int, error) {
	in.Limit, in.Offset = 0, 0
	all, err := c.List(ctx, in)
	return len(all), err
}
