package registry

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// AllAliases implements ports.Aliases.
func (r *Registry) AllAliases(ctx context.Context) (list []collection.Alias, err error) {
	err = r.read(ctx, func(c *conn.Conn) error {
		list = []collection.Alias{}
		return c.Query(`SELECT a.name, coalesce(c.tenant, ?1), coalesce(c.database, ?2), coalesce(c.name, d.id), d.id
			FROM names a CROSS JOIN databases d ON d.number = a.number LEFT JOIN collections c ON c.number = a.number
			WHERE a.kind = 2 ORDER BY a.name`, func(row []driver.Value) error {
			var a collection.Alias
			for i, to := range []*string{&a.Alias, &a.Tenant, &a.Database, &a.Collection, &a.ID} {
				*to, _ = row[i].(string)
			}
			list = append(list, a)
			return nil
		}, collection.DefaultTenant, collection.DefaultDatabase)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// ChangeAliases implements ports.Aliases.
func (r *Registry) ChangeAliases(ctx context.Context, actions []collection.AliasAction, check func(id string) error, applied func()) error {
	for _, a := range actions {
		if err := a.Check(); err != nil {
			return err
		}
	}
	return r.write(ctx, applied, func(c *conn.Conn) error {
		return r.grow(c, ofAlias, "aliases", func() error {
			for _, a := range actions {
				if err := apply(c, a, check); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// apply does one action.
func apply(c *conn.Conn, a collection.AliasAction, check func(id string) error) error {
	switch a.Do {
	case collection.CreateAlias:
		target, err := target(c, a, check)
		if err != nil {
			return err
		}
		return setAlias(c, a.Alias, target.Number)
	case collection.RenameAlias:
		number, found, err := aliasEntry(a.Alias).number(c)
		if err != nil {
			return err
		}
		if !found {
			return collection.NotFound(collection.AnAlias, a.Alias)
		}
		if err := aliasEntry(a.Alias).remove(c); err != nil {
			return err
		}
		return setAlias(c, a.To, number)
	case collection.DeleteAlias:
		return aliasEntry(a.Alias).remove(c)
	}
	return a.Check()
}

// target returns the collection that a makes an alias for. One that
// check does not find is said to be missing as if it were.
func target(c *conn.Conn, a collection.AliasAction, check func(id string) error) (col collection.Collection, err error) {
	missing := collection.NotFound(collection.ACollection, a.Collection)
	var found bool
	if a.Database != "" {
		missing = domain.DatabaseNotFound(a.Database)
		col, found, err = ofID(c, a.Database)
	} else {
		col, found, err = named(c, collection.DefaultName(a.Collection))
	}
	if err != nil {
		return col, err
	}
	if found && check != nil {
		err = check(col.ID)
	}
	if !found || errors.Is(err, domain.ErrNotFound) {
		err = missing
	}
	return col, err
}

// setAlias makes or moves an alias, which must not be the name of a collection, nor the id
// of a database.
func setAlias(c *conn.Conn, alias string, number int64) error {
	_, found, err := named(c, collection.DefaultName(alias))
	if err != nil {
		return err
	}
	if !found {
		db, _, there, err := schema.LookUp(c, alias)
		if err != nil {
			return err
		}
		found = there && db.ID == alias
	}
	if found {
		return collection.NoAlias(alias)
	}
	return aliasEntry(alias).put(c, number)
}
