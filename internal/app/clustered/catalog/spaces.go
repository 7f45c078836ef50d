package catalog

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// CreateTenant implements ports.Collections.
func (c *Catalog) CreateTenant(ctx context.Context, tenant string, applied func()) error {
	if err := collection.CheckTenant(tenant); err != nil {
		return err
	}
	return c.rename(ctx, applied, func(ch *change) error {
		if _, err := ch.spaces(tenant); err == nil {
			return collection.Exists(collection.ATenant, tenant)
		}
		if c.Most > 0 && len(ch.names.Tenants) >= c.Most {
			return domain.Errorf(domain.ErrLimit, "there are %d tenants, as many as max_databases allows", len(ch.names.Tenants))
		}
		ch.names.Tenants[tenant] = []string{}
		return nil
	})
}

// TenantSpaces implements ports.Collections.
func (c *Catalog) TenantSpaces(ctx context.Context, tenant string) ([]collection.Space, error) {
	return find(ctx, c, func(s *State) ([]collection.Space, error) { return s.spaces(tenant) })
}

// CreateSpace implements ports.Collections.
func (c *Catalog) CreateSpace(ctx context.Context, space collection.Space, applied func()) error {
	if err := space.Check(); err != nil {
		return err
	}
	return c.rename(ctx, applied, func(ch *change) error {
		all, err := ch.spaces(space.Tenant)
		if err != nil {
			return err
		}
		if slices.Contains(all, space) {
			return collection.Exists(collection.ASpace, space.Database)
		}
		ch.names.Tenants[space.Tenant] = append(slices.Clone(ch.names.Tenants[space.Tenant]), space.Database)
		return nil
	})
}

// DropSpace implements ports.Collections.
func (c *Catalog) DropSpace(ctx context.Context, space collection.Space, applied func()) error {
	if space == collection.DefaultSpace {
		return collection.Stays(collection.ASpace, space.Database)
	}
	return c.rename(ctx, applied, func(ch *change) error {
		if err := ch.exists(space); err != nil {
			return err
		}
		for _, e := range ch.databases {
			if e.Collection().Space == space {
				return collection.Filled(space.Database)
			}
		}
		list := slices.Clone(ch.names.Tenants[space.Tenant])
		ch.names.Tenants[space.Tenant] = slices.DeleteFunc(list, func(db string) bool { return db == space.Database })
		return nil
	})
}
