package collections

import (
	"context"
	"errors"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// CreateTenant makes a tenant, or returns ErrConflict if there is one.
func (c *Collections) CreateTenant(ctx context.Context, tenant string) error {
	leave, err := c.enter()
	if err != nil {
		return err
	}
	defer leave()
	return c.reg.CreateTenant(ctx, tenant, c.forgetNames)
}

// FindTenant returns ErrNotFound if a tenant does not exist.
func (c *Collections) FindTenant(ctx context.Context, tenant string) error {
	_, err := c.spaces(ctx, tenant)
	return err
}

// CreateSpace makes a database of a tenant: ErrConflict if there is one, ErrNotFound if the
// tenant does not exist.
func (c *Collections) CreateSpace(ctx context.Context, s collection.Space) error {
	leave, err := c.enter()
	if err != nil {
		return err
	}
	defer leave()
	return c.reg.CreateSpace(ctx, s, c.forgetNames)
}

// FindSpace returns ErrNotFound if a tenant, or its database, does not exist.
func (c *Collections) FindSpace(ctx context.Context, s collection.Space) error {
	all, err := c.spaces(ctx, s.Tenant)
	if err == nil && !slices.Contains(all, s) {
		err = collection.NotFound(collection.ASpace, s.Database)
	}
	return err
}

// Spaces returns the databases of a tenant by name, or ErrNotFound if there is no such
// tenant.
func (c *Collections) Spaces(ctx context.Context, tenant string) ([]collection.Space, error) {
	all, err := c.spaces(ctx, tenant)
	return slices.Clone(all), err
}

// spaces is Spaces, but the result belongs to the cache.
func (c *Collections) spaces(ctx context.Context, tenant string) ([]collection.Space, error) {
	if all, ok := get(&c.cache, &c.cache.spaces, tenant); ok {
		return all, nil
	}
	if err := c.usable(); err != nil {
		return nil, err
	}
	age := c.cache.now()
	all, err := c.reg.TenantSpaces(ctx, tenant)
	if err == nil {
		put(&c.cache, age, &c.cache.spaces, tenant, all, 64*len(all))
	}
	return all, err
}

// maxIdle is how often DropSpace finds a space both without collections and not empty before
// it gives up.
const maxIdle = 3

// DropSpace removes a space with its collections, one after the other, and then itself. It
// is ErrNotFound if there is none, or one of its collections is out of reach, of which
// nothing is dropped then.
func (c *Collections) DropSpace(ctx context.Context, s collection.Space, reach func(id string) bool) error {
	leave, err := c.enter()
	if err != nil {
		return err
	}
	defer leave()
	if s == collection.DefaultSpace {
		return collection.Stays(collection.ASpace, s.Database)
	}
	if err := c.FindSpace(ctx, s); err != nil {
		return err
	}
	for idle := 0; ; {
		all, err := c.List(ctx, List{Space: s})
		if err != nil {
			return err
		}
		for _, d := range all {
			if reach != nil && !reach(d.ID) {
				return collection.NotFound(collection.ASpace, s.Database)
			}
		}
		for _, d := range all {
			if _, err := c.Drop(ctx, d.FullName(), reach); err != nil {
				return err
			}
		}
		// Somebody may have made one since, but one that cannot be listed is never dropped.
		if len(all) == 0 {
			idle++
		}
		err = c.reg.DropSpace(ctx, s, c.forgetNames)
		if !errors.Is(err, domain.ErrConflict) || ctx.Err() != nil || idle == maxIdle {
			return err
		}
	}
}
