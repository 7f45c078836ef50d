package collections

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// aliases are what is known of all aliases at one moment.
type aliases struct {
	ids    map[string]string // of databases, by alias
	damage error             // why they cannot be read; ids has none then
}

// Database returns the id of the database that name is an alias for; else name itself, which
// need not exist. It costs no SQL but after a change of the registry. Where aliases are
// damaged, every name is that of a database: see Unknown.
func (c *Collections) Database(ctx context.Context, name string) (string, error) {
	if c.reg == nil {
		return name, nil
	}
	known := c.cache.aliases.Load()
	if known == nil {
		var err error
		if known, err = c.readAliases(ctx); err != nil {
			return "", err
		}
	}
	if id, ok := known.ids[name]; ok {
		return id, nil
	}
	return name, nil
}

// Unknown returns why a name that is that of no database may be an alias all the same: they
// are damaged. Else it is nil.
func (c *Collections) Unknown() error {
	if known := c.cache.aliases.Load(); known != nil {
		return known.damage
	}
	return nil
}

// readAliases reads all aliases, one caller at a time.
func (c *Collections) readAliases(ctx context.Context) (*aliases, error) {
	select {
	case c.cache.reading <- struct{}{}:
		defer func() { <-c.cache.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if known := c.cache.aliases.Load(); known != nil {
		return known, nil // somebody has read them meanwhile
	}
	age := c.cache.now()
	list, err := c.reg.AllAliases(ctx)
	if err != nil && !errors.Is(err, domain.ErrCorrupt) {
		return nil, err
	}
	known := &aliases{ids: make(map[string]string, len(list)), damage: err}
	for _, a := range list {
		known.ids[a.Alias] = a.ID
	}
	c.cache.putAliases(age, known)
	return known, nil
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
