package registry

import (
	"context"
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

var _ ports.NameCarrier = (*Registry)(nil)

// AllNames implements ports.NameCarrier.
func (r *Registry) AllNames(ctx context.Context) (n collection.Names, err error) {
	n.Aliases, err = r.AllAliases(ctx)
	if err != nil {
		return n, err
	}
	err = r.read(ctx, func(c *conn.Conn) error {
		err := c.Query("SELECT "+columns+" FROM collections c CROSS JOIN databases d ON d.number = c.number ORDER BY c.number", func(row []driver.Value) error {
			col, err := scan(row)
			n.Collections = append(n.Collections, col)
			return err
		})
		if err != nil {
			return err
		}
		return c.Query("SELECT kind, tenant, database FROM names WHERE kind IN (4, 5) ORDER BY tenant, database", func(row []driver.Value) error {
			of, _ := row[0].(int64)
			tenant, _ := row[1].(string)
			database, _ := row[2].(string)
			if kind(of) == ofTenant {
				n.Tenants = append(n.Tenants, tenant)
			} else {
				n.Spaces = append(n.Spaces, collection.Space{Tenant: tenant, Database: database})
			}
			return nil
		})
	})
	return n, err
}

// PutNames implements ports.NameCarrier.
func (r *Registry) PutNames(ctx context.Context, n collection.Names, applied func()) error {
	return r.write(ctx, applied, func(c *conn.Conn) error {
		err := r.grow(c, ofTenant, "tenants", func() error { return putTenants(c, n.Tenants) })
		if err == nil {
			err = r.grow(c, ofSpace, "databases of tenants", func() error { return putSpaces(c, n.Spaces) })
		}
		for i := range n.Collections {
			if err == nil {
				err = putCollection(c, n.Collections[i])
			}
		}
		if err != nil {
			return err
		}
		return r.grow(c, ofAlias, "aliases", func() error {
			for _, a := range n.Aliases {
				if err := putAlias(c, a); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func putTenants(c *conn.Conn, tenants []string) error {
	for _, t := range tenants {
		if err := collection.CheckTenant(t); err != nil {
			return err
		}
		if t == collection.DefaultTenant {
			continue
		}
		if _, err := tenantEntry(t).add(c); err != nil {
			return err
		}
	}
	return nil
}

func putSpaces(c *conn.Conn, spaces []collection.Space) error {
	for _, s := range spaces {
		if err := s.Check(); err != nil {
			return err
		}
		if s == collection.DefaultSpace {
			continue
		}
		if err := tenantExists(c, s.Tenant); err != nil {
			return err
		}
		if _, err := spaceEntry(s).add(c); err != nil {
			return err
		}
	}
	return nil
}

// putCollection gives the database of want its row, unless it has that already.
func putCollection(c *conn.Conn, want collection.Collection) error {
	if err := want.Check(); err != nil {
		return err
	}
	if err := exists(c, want.Space); err != nil {
		return err
	}
	have, found, err := ofID(c, want.ID)
	if err != nil {
		return err
	}
	if !found {
		return domain.DatabaseNotFound(want.ID)
	}
	want.Number = have.Number
	if have.Surface != "" && have.UUID != want.UUID {
		return domain.Errorf(domain.ErrConflict, "Database '%s' is the collection '%s' already", want.ID, have.Name)
	}
	if err := free(c, want.FullName(), want.Number); err != nil {
		return err
	}
	owner, taken, err := uuidEntry(want.UUID).number(c)
	if err != nil {
		return err
	}
	if taken && owner != want.Number {
		return domain.Errorf(domain.ErrConflict, "another collection has the UUID %s of '%s'", want.UUID, want.Name)
	}
	if have.Surface != "" {
		if err := nameEntry(have.FullName()).remove(c); err != nil {
			return err
		}
	}
	return store(c, &want)
}

// putAlias makes an alias, unless it is there.
func putAlias(c *conn.Conn, a collection.Alias) error {
	act := collection.AliasAction{Do: collection.CreateAlias, Alias: a.Alias, Database: a.ID}
	if err := act.Check(); err != nil {
		return err
	}
	to, err := target(c, act, nil)
	if err != nil {
		return err
	}
	number, taken, err := aliasEntry(a.Alias).number(c)
	if err != nil {
		return err
	}
	if taken && number != to.Number {
		return collection.Exists(collection.AnAlias, a.Alias)
	}
	return setAlias(c, a.Alias, to.Number)
}
