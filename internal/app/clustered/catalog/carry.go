package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

var _ ports.NameCarrier = (*Catalog)(nil)

// AllNames implements ports.NameCarrier.
func (c *Catalog) AllNames(ctx context.Context) (n collection.Names, err error) {
	s, err := c.Fresh(ctx)
	if err != nil {
		return n, err
	}
	for _, tenant := range slices.Sorted(maps.Keys(s.names.Tenants)) {
		if tenant != collection.DefaultTenant {
			n.Tenants = append(n.Tenants, tenant)
		}
		for _, db := range slices.Sorted(slices.Values(s.names.Tenants[tenant])) {
			n.Spaces = append(n.Spaces, collection.Space{Tenant: tenant, Database: db})
		}
	}
	for _, e := range s.All() {
		if e.collection != nil {
			n.Collections = append(n.Collections, e.Collection())
		}
	}
	n.Aliases, err = c.AllAliases(ctx)
	return n, err
}

// PutNames implements ports.NameCarrier.
func (c *Catalog) PutNames(ctx context.Context, n collection.Names, applied func()) error {
	return c.rename(ctx, applied, func(ch *change) error {
		if err := ch.putSpaces(n); err != nil {
			return err
		}
		for _, want := range n.Collections {
			if err := ch.putCollection(want); err != nil {
				return err
			}
		}
		for _, a := range n.Aliases {
			act := collection.AliasAction{Do: collection.CreateAlias, Alias: a.Alias, Database: a.ID}
			if err := act.Check(); err != nil {
				return err
			}
			e, err := ch.target(act, nil)
			if err != nil {
				return err
			}
			if there := ch.alias(a.Alias); there != nil && there.Number != e.Number {
				return collection.Exists(collection.AnAlias, a.Alias)
			}
			if err := ch.setAlias(a.Alias, e.Number); err != nil {
				return err
			}
		}
		return c.fits(ch)
	})
}

// fits refuses more names than there may be.
func (c *Catalog) fits(ch *change) error {
	if most := max(len(ch.names.Aliases), len(ch.names.Tenants)); c.Most > 0 && most > c.Most {
		return domain.Errorf(domain.ErrLimit, "there would be %d names of a kind, more than max_databases allows", most)
	}
	return nil
}

func (ch *change) putSpaces(n collection.Names) error {
	for _, tenant := range n.Tenants {
		if err := collection.CheckTenant(tenant); err != nil {
			return err
		}
		if _, err := ch.spaces(tenant); err != nil {
			ch.names.Tenants[tenant] = []string{}
		}
	}
	for _, space := range n.Spaces {
		if err := space.Check(); err != nil {
			return err
		}
		all, err := ch.spaces(space.Tenant)
		if err != nil {
			return err
		}
		if !slices.Contains(all, space) {
			ch.names.Tenants[space.Tenant] = append(slices.Clone(ch.names.Tenants[space.Tenant]), space.Database)
		}
	}
	return nil
}

// putCollection gives the database of want its row, unless it has that already.
func (ch *change) putCollection(want collection.Collection) error {
	if err := want.Check(); err != nil {
		return err
	}
	if err := ch.exists(want.Space); err != nil {
		return err
	}
	e, err := ch.Find(want.ID)
	if err != nil {
		return err
	}
	if e.collection != nil && e.collection.UUID != want.UUID {
		return domain.Errorf(domain.ErrConflict, "Database '%s' is the collection '%s' already", want.ID, e.collection.Name)
	}
	if other := ch.named(want.FullName()); other != nil && other.Number != e.Number {
		return collection.Exists(collection.ACollection, want.Name)
	}
	if want.Space == collection.DefaultSpace && ch.alias(want.Name) != nil {
		return collection.Exists(collection.AnAlias, want.Name)
	}
	if other := ch.byUUID[want.UUID]; other != nil && other.Number != e.Number {
		return domain.Errorf(domain.ErrConflict, "another collection has the UUID %s of '%s'", want.UUID, want.Name)
	}
	want.Number, want.Alias = e.Number, ""
	with := *e
	with.collection = &want
	ch.put(&with)
	return nil
}
