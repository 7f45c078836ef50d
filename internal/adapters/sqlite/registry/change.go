package registry

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// CheckID refuses, in the transaction that makes it, a database whose id is an alias, or the
// name of another one's collection in the default space.
func CheckID(c *conn.Conn, id string) error {
	_, alias, err := aliasEntry(id).number(c)
	if err != nil {
		return err
	}
	if alias {
		return domain.Errorf(domain.ErrConflict, "'%s' is an alias: choose another id, or delete the alias first", id)
	}
	_, found, err := withEntry(c, nameEntry(collection.DefaultName(id)))
	if err == nil && found {
		err = domain.Errorf(domain.ErrConflict, "'%s' is the name of the collection in another database: choose another id", id)
	}
	return err
}

// free refuses a name that another collection than that of the database number has, or an
// alias.
func free(c *conn.Conn, name collection.Name, number int64) error {
	other, found, err := named(c, name)
	if err != nil {
		return err
	}
	if found && other.Number != number {
		return collection.Exists(collection.ACollection, name.Name)
	}
	return noAlias(c, name)
}

// noAlias refuses a name that is an alias.
func noAlias(c *conn.Conn, name collection.Name) error {
	if name.Space != collection.DefaultSpace {
		return nil
	}
	_, found, err := aliasEntry(name.Name).number(c)
	if err == nil && found {
		err = collection.Exists(collection.AnAlias, name.Name)
	}
	return err
}

// CreateCollection implements ports.CollectionMaker.
func (r *Registry) CreateCollection(ctx context.Context, want collection.Collection, set domain.Settings, check func(id string) error, applied func()) (collection.Collection, bool, error) {
	if err := want.Check(); err != nil {
		return collection.Collection{}, false, err
	}
	var col collection.Collection
	var created bool
	q := &commit.Request{}
	q.Run = func(c *conn.Conn) (err error) {
		col, created, err = r.create(c, want, set, check)
		q.Schema = created
		return err
	}
	q.After = func() {
		if created && applied != nil {
			applied()
		}
	}
	if err := r.writer.Do(ctx, q); err != nil {
		return collection.Collection{}, false, err
	}
	return col, created, nil
}

func (r *Registry) create(c *conn.Conn, want collection.Collection, set domain.Settings, check func(id string) error) (col collection.Collection, created bool, err error) {
	name := want.FullName()
	col, found, err := named(c, name)
	if err != nil {
		return col, false, err
	}
	id := col.ID
	if !found {
		if err := exists(c, name.Space); err != nil {
			return col, false, err
		}
		if err := noAlias(c, name); err != nil {
			return col, false, err
		}
		if id, err = freeID(c, want.Surface, name); err != nil {
			return col, false, err
		}
	}
	if check != nil {
		if err := check(id); err != nil {
			return col, false, err
		}
	}
	if found {
		return col, false, nil
	}
	db, err := r.databases.Create(c, id, set)
	if err != nil {
		return col, false, err
	}
	want.ID, want.Number, want.UUID, want.Alias = db.ID, db.Number, collection.NewUUID(), ""
	return want, true, store(c, &want)
}

// freeID returns the id for the database of a new collection: its name if that can be one
// and is free, else one that is made up.
func freeID(c *conn.Conn, surface collection.Surface, name collection.Name) (string, error) {
	id := collection.WantedID(surface, name)
	for try := 0; ; try++ {
		if try > 0 {
			id = collection.MadeUpID(surface, name, try)
		}
		_, _, taken, err := schema.LookUp(c, id)
		if err != nil {
			return "", err
		}
		if taken {
			continue
		}
		if err := CheckID(c, id); !errors.Is(err, domain.ErrConflict) {
			return id, err
		}
	}
}

// store writes the row of col, and its names.
func store(c *conn.Conn, col *collection.Collection) error {
	for _, n := range namesOf(col) {
		if err := n.put(c, col.Number); err != nil {
			return err
		}
	}
	return c.Exec(`INSERT INTO collections (number, tenant, database, name, uuid, surface, keys, config)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET name = excluded.name,
		surface = excluded.surface, keys = excluded.keys, config = excluded.config`, col.Number, col.Tenant, col.Database, col.Name, col.UUID[:],
		string(col.Surface), string(col.Keys), col.Config)
}

// ChangeCollection implements ports.CollectionMaker.
func (r *Registry) ChangeCollection(ctx context.Context, number int64, change func(*collection.Collection) error, applied func()) (collection.Collection, error) {
	var col collection.Collection
	err := r.write(ctx, applied, func(c *conn.Conn) error {
		old, found, err := ofNumber(c, number)
		if err != nil {
			return err
		}
		if !found {
			return domain.Errorf(domain.ErrNotFound, "the collection was dropped meanwhile")
		}
		col = old
		if err := change(&col); err != nil {
			return err
		}
		col.Space, col.ID, col.Number, col.UUID = old.Space, old.ID, old.Number, old.UUID
		if err := col.Check(); err != nil {
			return err
		}
		if err := free(c, col.FullName(), number); err != nil {
			return err
		}
		if err := nameEntry(old.FullName()).remove(c); err != nil {
			return err
		}
		return store(c, &col)
	})
	if err != nil {
		return collection.Collection{}, err
	}
	return col, nil
}

// DropCollection implements ports.CollectionMaker.
func (r *Registry) DropCollection(ctx context.Context, name collection.Name, check func(id string) error, applied func(domain.Database)) error {
	return r.Drop(func(keep bool) error {
		find := func(c *conn.Conn) (collection.Collection, bool, error) { return named(c, name) }
		if keep { // the name may be what is damaged
			col, err := r.Named(ctx, name)
			if err != nil {
				return err
			}
			find = func(*conn.Conn) (collection.Collection, bool, error) { return col, col.Alias == "", nil }
		}
		return r.dropCollection(ctx, name.Name, find, check, keep, applied)
	})
}

func (r *Registry) dropCollection(ctx context.Context, name string, find func(*conn.Conn) (collection.Collection, bool, error), check func(id string) error, keep bool, applied func(domain.Database)) error {
	var db domain.Database
	var freed func()
	q := &commit.Request{Schema: true, Frees: true, Run: func(c *conn.Conn) error {
		col, found, err := find(c)
		if err != nil {
			return err
		}
		if !found {
			return collection.NotFound(collection.ACollection, name)
		}
		if check != nil {
			if err := check(col.ID); err != nil {
				return err
			}
		}
		if db, _, found, err = schema.LookUp(c, col.ID); err != nil {
			return err
		}
		if !found || db.Number != col.Number {
			return collection.NotFound(collection.ACollection, name)
		}
		freed, err = r.databases.Drop(c, db, keep)
		return err
	}}
	q.After = func() {
		freed()
		if applied != nil {
			applied(db)
		}
	}
	return r.writer.Do(ctx, q)
}
