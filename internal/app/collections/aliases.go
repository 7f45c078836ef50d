package collections

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// Database returns the id of the database that name is an alias for; else name itself, which
// need not exist. It costs no SQL but after a change of the registry.
func (c *Collections) Database(ctx context.Context, name string) (string, error) {
	if c.reg == nil {
		return name, nil
	}
	aliases := c.cache.aliases.Load()
	if aliases == nil {
		var err error
		if aliases, err = c.readAliases(ctx); err != nil {
			return "", err
		}
	}
	if id, ok := (*aliases)[name]; ok {
		return id, nil
	}
	return name, nil
}

func (c *Collections) readAliases(ctx context.Context) (*map[string]string, error) {
	age := c.cache.now()
	list, err := c.reg.AllAliases(ctx)
	if err != nil {
		return nil, err
	}
	aliases := make(map[string]string, len(list))
	for _, a := range list {
		aliases[a.Alias] = a.ID
	}
	c.cache.putAliases(age, aliases)
	return &aliases, nil
}

// Aliases returns all aliases by name.
func (c *Collections) Aliases(ctx context.Context) ([]collection.Alias, error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	return c.reg.AllAliases(ctx)
}

// ChangeAliases does all of actions, in order, or none: whoever names an alias meanwhile
// sees all of them before or all of them after. reach, if not nil, is asked for the aliases,
// and for the databases for which they are made; one out of reach is ErrNotFound. So are a
// collection, and an alias to rename, that do not exist; an alias with the name of a
// collection or of a database is ErrConflict.
func (c *Collections) ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error {
	leave, err := c.enter()
	if err != nil {
		return err
	}
	defer leave()
	if len(actions) == 0 {
		return domain.Errorf(domain.ErrInvalid, "actions cannot be empty")
	}
	for _, a := range actions {
		if err := a.Check(); err != nil {
			return err
		}
		if reach == nil {
			continue
		}
		if !reach(a.Alias) || a.Do == collection.RenameAlias && !reach(a.To) {
			return collection.NotFound(collection.AnAlias, a.Alias)
		}
	}
	if err := c.reg.ChangeAliases(ctx, actions, checkReach(reach), c.Forget); err != nil {
		return fmt.Errorf("change aliases: %w", err)
	}
	return nil
}
