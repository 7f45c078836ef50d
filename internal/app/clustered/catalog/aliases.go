package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// AllAliases implements ports.Collections.
func (c *Catalog) AllAliases(ctx context.Context) ([]collection.Alias, error) {
	s, err := c.Known(ctx)
	if err != nil {
		return nil, err
	}
	list := []collection.Alias{}
	for _, alias := range slices.Sorted(maps.Keys(s.names.Aliases)) {
		if e := s.alias(alias); e != nil {
			col := e.Collection()
			list = append(list, collection.Alias{Alias: alias, Space: col.Space, Collection: col.Name, ID: e.ID})
		}
	}
	return list, nil
}

// ChangeAliases implements ports.Collections.
func (c *Catalog) ChangeAliases(ctx context.Context, actions []collection.AliasAction, check func(id string) error, applied func()) error {
	for _, a := range actions {
		if err := a.Check(); err != nil {
			return err
		}
	}
	return c.rename(ctx, applied, func(ch *change) error {
		before := len(ch.names.Aliases)
		for _, a := range actions {
			if err := ch.aliased(a, check); err != nil {
				return err
			}
		}
		if n := len(ch.names.Aliases); c.Most > 0 && n > c.Most && n > before {
			return domain.Errorf(domain.ErrLimit, "there would be %d aliases, more than max_databases allows", n)
		}
		return nil
	})
}

// aliased does one action.
func (ch *change) aliased(a collection.AliasAction, check func(id string) error) error {
	switch a.Do {
	case collection.CreateAlias:
		e, err := ch.target(a, check)
		if err != nil {
			return err
		}
		return ch.setAlias(a.Alias, e.Number)
	case collection.RenameAlias:
		number, ok := ch.names.Aliases[a.Alias]
		if !ok {
			return collection.NotFound(collection.AnAlias, a.Alias)
		}
		delete(ch.names.Aliases, a.Alias)
		return ch.setAlias(a.To, number)
	case collection.DeleteAlias:
		delete(ch.names.Aliases, a.Alias)
	}
	return nil
}

// target returns the database that a makes an alias for. One that check does not find is said
// to be missing as if it were.
func (ch *change) target(a collection.AliasAction, check func(id string) error) (*Entry, error) {
	missing := collection.NotFound(collection.ACollection, a.Collection)
	var e *Entry
	if a.Database != "" {
		missing = domain.DatabaseNotFound(a.Database)
		e, _ = ch.Find(a.Database)
	} else {
		e = ch.named(collection.DefaultName(a.Collection))
	}
	if e == nil {
		return nil, missing
	}
	if check != nil {
		if err := check(e.ID); errors.Is(err, domain.ErrNotFound) {
			return nil, missing
		} else if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// setAlias makes or moves an alias, which must not be the name of a collection, nor the id of
// a database.
func (ch *change) setAlias(alias string, number int64) error {
	e, _ := ch.Find(alias)
	if e != nil || ch.named(collection.DefaultName(alias)) != nil {
		return collection.NoAlias(alias)
	}
	ch.names.Aliases[alias] = number
	return nil
}
