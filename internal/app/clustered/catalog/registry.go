package catalog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Collections = (*Catalog)(nil)

// find calls look with what is known, and again with what is so now if it finds nothing.
func find[T any](ctx context.Context, c *Catalog, look func(s *State) (T, error)) (T, error) {
	s, err := c.Known(ctx)
	if err == nil {
		var v T
		if v, err = look(s); !errors.Is(err, domain.ErrNotFound) {
			return v, err
		}
		now, unknown := c.Fresh(ctx)
		if unknown != nil {
			return v, unknown
		}
		if now != s {
			return look(now)
		}
		return v, err
	}
	var none T
	return none, err
}

// Find returns the database called id, or ErrNotFound.
func (c *Catalog) Find(ctx context.Context, id string) (*Entry, error) {
	return find(ctx, c, func(s *State) (*Entry, error) { return s.Find(id) })
}

// Named implements ports.Collections.
func (c *Catalog) Named(ctx context.Context, name collection.Name) (collection.Collection, error) {
	return find(ctx, c, func(s *State) (col collection.Collection, err error) {
		if e := s.named(name); e != nil {
			return e.Collection(), nil
		}
		if e := s.alias(name.Name); e != nil && name.Space == collection.DefaultSpace {
			col = e.Collection()
			col.Alias = name.Name
			return col, nil
		}
		return col, collection.NotFound(collection.ACollection, name.Name)
	})
}

// WithUUID implements ports.Collections.
func (c *Catalog) WithUUID(ctx context.Context, u collection.UUID) (collection.Collection, error) {
	return find(ctx, c, func(s *State) (col collection.Collection, err error) {
		if e := s.byUUID[u]; e != nil {
			return e.Collection(), nil
		}
		return col, collection.NotFound(collection.ACollection, u.String())
	})
}

// OfDatabase implements ports.Collections.
func (c *Catalog) OfDatabase(ctx context.Context, id string) (collection.Collection, error) {
	e, err := c.Find(ctx, id)
	if err != nil {
		return collection.Collection{}, err
	}
	return e.Collection(), nil
}

// countsTogether is how many databases are counted at once.
const countsTogether = 8

// Counted returns databases with how many chunks each has.
func (c *Catalog) Counted(ctx context.Context, list []*Entry) ([]domain.Database, error) {
	all := make([]domain.Database, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(countsTogether)
	for i, e := range list {
		all[i] = e.Database
		g.Go(func() (err error) {
			all[i].Chunks, err = c.Count(ctx, e)
			if errors.Is(err, domain.ErrNotFound) { // it is being dropped
				err = nil
			}
			return err
		})
	}
	return all, g.Wait()
}

// InSpace implements ports.Collections.
func (c *Catalog) InSpace(ctx context.Context, space collection.Space, _ time.Time) ([]collection.Described, error) {
	s, err := c.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	var list []*Entry
	for _, e := range s.databases {
		if e.Collection().Space == space {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *Entry) int { return cmp.Compare(a.Number, b.Number) })
	counted, err := c.Counted(ctx, list)
	if err != nil {
		return nil, err
	}
	all := make([]collection.Described, len(list))
	for i, e := range list {
		all[i] = collection.Described{Collection: e.Collection(), State: counted[i]}
	}
	return all, nil
}

// CreateCollection implements ports.Collections.
func (c *Catalog) CreateCollection(ctx context.Context, want collection.Collection, set domain.Settings, check func(id string) error, applied func()) (col collection.Collection, created bool, err error) {
	if err := want.Check(); err != nil {
		return col, false, err
	}
	err = c.change(ctx, func(ch *change) error {
		created = false
		name := want.FullName()
		var id string
		have := ch.named(name)
		if have != nil {
			id = have.ID
		} else if id, err = ch.newID(want.Surface, name); err != nil {
			return err
		}
		if check != nil {
			if err := check(id); err != nil {
				return err
			}
		}
		if have != nil {
			col = have.Collection()
			return nil
		}
		e, err := c.make(ctx, ch, id, set)
		if err != nil {
			return err
		}
		row := want
		row.ID, row.Number, row.UUID, row.Alias = e.ID, e.Number, collection.NewUUID(), ""
		with := *e
		with.collection = &row
		ch.put(&with)
		col, created = row, true
		return nil
	})
	if err != nil {
		return collection.Collection{}, false, err
	}
	if created && applied != nil {
		applied()
	}
	return col, created, nil
}

// newID returns the id for the database of a new collection with a name, or why there can be
// none.
func (s *State) newID(surface collection.Surface, name collection.Name) (string, error) {
	if err := s.exists(name.Space); err != nil {
		return "", err
	}
	if name.Space == collection.DefaultSpace && s.alias(name.Name) != nil {
		return "", collection.Exists(collection.AnAlias, name.Name)
	}
	id := collection.WantedID(surface, name)
	for try := 1; s.taken(id); try++ {
		id = collection.MadeUpID(surface, name, try)
	}
	return id, nil
}

// ChangeCollection implements ports.Collections.
func (c *Catalog) ChangeCollection(ctx context.Context, number int64, fn func(*collection.Collection) error, applied func()) (col collection.Collection, err error) {
	err = c.change(ctx, func(ch *change) error {
		e := ch.byNumber[number]
		if e == nil {
			return domain.Errorf(domain.ErrNotFound, "the collection was dropped meanwhile")
		}
		old := e.Collection()
		row := old
		if err := fn(&row); err != nil {
			return err
		}
		row.Space, row.ID, row.Number, row.UUID = old.Space, old.ID, old.Number, old.UUID
		if err := row.Check(); err != nil {
			return err
		}
		if other := ch.named(row.FullName()); other != nil && other.Number != number {
			return collection.Exists(collection.ACollection, row.Name)
		}
		if row.Space == collection.DefaultSpace && ch.alias(row.Name) != nil {
			return collection.Exists(collection.AnAlias, row.Name)
		}
		with := *e
		with.collection = &row
		ch.put(&with)
		col = row
		return nil
	})
	if err == nil && applied != nil {
		applied()
	}
	return col, err
}

// DropCollection implements ports.Collections.
func (c *Catalog) DropCollection(ctx context.Context, name collection.Name, check func(id string) error, applied func(domain.Database)) error {
	var e *Entry
	err := c.change(ctx, func(ch *change) error {
		if e = ch.named(name); e == nil {
			return collection.NotFound(collection.ACollection, name.Name)
		}
		if check != nil {
			if err := check(e.ID); err != nil {
				return err
			}
		}
		c.drop(ch, e)
		return nil
	})
	if err == nil && applied != nil {
		applied(e.Database)
	}
	return err
}

// rename is change of the names.
func (c *Catalog) rename(ctx context.Context, applied func(), fn func(ch *change) error) error {
	err := c.change(ctx, func(ch *change) error {
		ch.renames = true
		return fn(ch)
	})
	if err == nil && applied != nil {
		applied()
	}
	return err
}

// taken reports whether a new database cannot have an id.
func (s *State) taken(id string) bool {
	return s.databases[strings.ToLower(id)] != nil || s.checkID(id) != nil
}

// Resolve returns the database that name is the id of, or an alias for, or ErrNotFound.
func (c *Catalog) Resolve(ctx context.Context, name string) (*Entry, error) {
	return find(ctx, c, func(s *State) (*Entry, error) {
		if e := s.alias(name); e != nil {
			return e, nil
		}
		return s.Find(name)
	})
}
