package collections

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// New says which collection to make.
type New struct {
	Name     collection.Name
	Surface  collection.Surface
	Keys     collection.Keys
	Config   string // a JSON object
	Settings domain.Settings
	// Reach is asked with the id of the database before anything is stored; false is
	// ErrNotFound. nil: all are within reach.
	Reach func(id string) bool
}

// Create makes a collection and its database at once and reports whether they are new. If
// there is a collection with the name, it returns that as it is. It is ErrNotFound if the
// space does not exist, and ErrConflict if the name is an alias.
func (c *Collections) Create(ctx context.Context, in New) (col collection.Collection, created bool, err error) {
	leave, err := c.enter()
	if err != nil {
		return col, false, err
	}
	defer leave()
	check := checkReach(in.Reach)
	switch col, err := c.Find(ctx, in.Name); {
	case err == nil && col.Alias == "":
		return col, false, check(col.ID)
	case err != nil && !errors.Is(err, domain.ErrNotFound):
		return col, false, err
	}
	want := collection.Collection{Space: in.Name.Space, Name: in.Name.Name, Surface: in.Surface, Keys: in.Keys, Config: in.Config}
	if err := want.Check(); err != nil {
		return col, false, err
	}
	if err := c.choose(ctx, &in.Settings); err != nil {
		return col, false, err
	}
	col, created, err = c.reg.CreateCollection(ctx, want, in.Settings, check, c.forgetNames)
	if err != nil {
		return collection.Collection{}, false, fmt.Errorf("create collection %q: %w", in.Name.Name, err)
	}
	return col, created, nil
}

// enter is a call under way until leave is called.
func (c *Collections) enter() (leave func(), err error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	return c.live.Enter()
}

// checkReach returns a check of the ids of databases.
func checkReach(reach func(id string) bool) func(id string) error {
	return func(id string) error {
		if reach != nil && !reach(id) {
			return domain.DatabaseNotFound(id)
		}
		return nil
	}
}

// Update says what of a collection to change. What is nil stays.
type Update struct {
	Name *string // in its space
	// Config returns the configuration that takes the place of the old one. It is called
	// inside the transaction: it must be quick and must not call the service.
	Config func(old string) (string, error)
	// Surface is that of the row that a database without one gets; "" is Chroma.
	Surface collection.Surface
	// Reach is asked with the id that a database made under the new name would have; false is
	// ErrNotFound, whether or not the name is taken. nil: all are within reach.
	Reach func(id string) bool
}

// Update changes col and returns it as it is then. It is ErrConflict if the new name is
// taken, and ErrNotFound if col was dropped.
func (c *Collections) Update(ctx context.Context, col collection.Collection, up Update) (collection.Collection, error) {
	leave, err := c.enter()
	if err != nil {
		return collection.Collection{}, err
	}
	defer leave()
	changed, err := c.reg.ChangeCollection(ctx, col.Number, func(now *collection.Collection) error {
		if now.Surface == "" {
			now.Surface = cmp.Or(up.Surface, collection.Chroma)
		}
		return up.apply(now)
	}, c.forgetNames)
	if err != nil {
		return collection.Collection{}, fmt.Errorf("change collection %q: %w", col.Name, err)
	}
	return changed, nil
}

// apply changes now as up says.
func (up *Update) apply(now *collection.Collection) (err error) {
	if up.Name != nil && *up.Name != now.Name {
		now.Name = *up.Name
		if up.Reach != nil && !up.Reach(collection.WantedID(now.Surface, now.FullName())) {
			return collection.NotFound(collection.ACollection, now.Name)
		}
	}
	if up.Config != nil {
		now.Config, err = up.Config(now.Config)
	}
	return err
}

// Drop removes the collection with a name that is no alias, with everything in it, and
// reports whether it existed. One out of reach is one that does not exist.
func (c *Collections) Drop(ctx context.Context, name collection.Name, reach func(id string) bool) (existed bool, err error) {
	leave, err := c.enter()
	if err != nil {
		return false, err
	}
	defer leave()
	err = c.reg.DropCollection(ctx, name, checkReach(reach), func(db domain.Database) {
		c.Forget()
		c.live.Dropped(db)
	})
	switch {
	case errors.Is(err, domain.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("drop collection %q: %w", name.Name, err)
	}
	return true, nil
}
