package registry

import (
	"context"
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain/collection"
)

// tenantExists refuses a tenant that does not exist.
func tenantExists(c *conn.Conn, tenant string) error {
	if tenant == collection.DefaultTenant {
		return nil
	}
	_, found, err := tenantEntry(tenant).number(c)
	if err == nil && !found {
		err = collection.NotFound(collection.ATenant, tenant)
	}
	return err
}

// exists refuses a space that does not exist.
func exists(c *conn.Conn, s collection.Space) error {
	if s == collection.DefaultSpace {
		return nil
	}
	if err := tenantExists(c, s.Tenant); err != nil {
		return err
	}
	_, found, err := spaceEntry(s).number(c)
	if err == nil && !found {
		err = collection.NotFound(collection.ASpace, s.Database)
	}
	return err
}

// CreateTenant implements ports.Spaces.
func (r *Registry) CreateTenant(ctx context.Context, tenant string, applied func()) error {
	if err := collection.CheckTenant(tenant); err != nil {
		return err
	}
	return r.write(ctx, applied, func(c *conn.Conn) error {
		if tenant == collection.DefaultTenant {
			return collection.Exists(collection.ATenant, tenant)
		}
		return r.grow(c, ofTenant, "tenants", func() error {
			made, err := tenantEntry(tenant).add(c)
			if err == nil && !made {
				err = collection.Exists(collection.ATenant, tenant)
			}
			return err
		})
	})
}

// TenantSpaces implements ports.Spaces.
func (r *Registry) TenantSpaces(ctx context.Context, tenant string) (list []collection.Space, err error) {
	err = r.read(ctx, func(c *conn.Conn) error {
		list = []collection.Space{}
		if err := tenantExists(c, tenant); err != nil {
			return err
		}
		return c.Query(`SELECT database FROM names WHERE kind = 5 AND tenant = ?1
			UNION ALL SELECT ?2 WHERE ?1 = ?3 ORDER BY 1`, func(row []driver.Value) error {
			database, _ := row[0].(string)
			list = append(list, collection.Space{Tenant: tenant, Database: database})
			return nil
		}, tenant, collection.DefaultDatabase, collection.DefaultTenant)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// CreateSpace implements ports.Spaces.
func (r *Registry) CreateSpace(ctx context.Context, s collection.Space, applied func()) error {
	if err := s.Check(); err != nil {
		return err
	}
	return r.write(ctx, applied, func(c *conn.Conn) error {
		if err := tenantExists(c, s.Tenant); err != nil {
			return err
		}
		if s == collection.DefaultSpace {
			return collection.Exists(collection.ASpace, s.Database)
		}
		return r.grow(c, ofSpace, "databases of tenants", func() error {
			made, err := spaceEntry(s).add(c)
			if err == nil && !made {
				err = collection.Exists(collection.ASpace, s.Database)
			}
			return err
		})
	})
}

// DropSpace implements ports.Spaces.
func (r *Registry) DropSpace(ctx context.Context, s collection.Space, applied func()) error {
	return r.write(ctx, applied, func(c *conn.Conn) error {
		if err := exists(c, s); err != nil {
			return err
		}
		if s == collection.DefaultSpace {
			return collection.Stays(collection.ASpace, s.Database)
		}
		_, filled, err := c.Integer(`SELECT 1 FROM names n CROSS JOIN collections c ON c.number = n.number CROSS JOIN databases d ON d.number = n.number
			WHERE n.kind = 1 AND n.tenant = ? AND n.database = ? LIMIT 1`, s.Tenant, s.Database)
		if err != nil {
			return err
		}
		if filled {
			return collection.Filled(s.Database)
		}
		// Names that lead nowhere are damage, and no reason to keep the space.
		if err := c.Exec("DELETE FROM names WHERE kind = 1 AND tenant = ? AND database = ?", s.Tenant, s.Database); err != nil {
			return err
		}
		return spaceEntry(s).remove(c)
	})
}
