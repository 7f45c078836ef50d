package catalog

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// Create makes a database with settings set, or returns the one with that id; see
// ports.Catalog.
func (c *Catalog) Create(ctx context.Context, id string, set domain.Settings) (e *Entry, created bool, err error) {
	err = c.change(ctx, func(ch *change) (err error) {
		if have := ch.databases[strings.ToLower(id)]; have != nil {
			e = have
			return sameAs(have, id, set)
		}
		if err := ch.checkID(id); err != nil {
			return err
		}
		e, err = c.make(ctx, ch, id, set)
		created = err == nil
		return err
	})
	return e, created && err == nil, err
}

// sameAs refuses a database that is another than the one called id with settings set.
func sameAs(have *Entry, id string, set domain.Settings) error {
	if have.ID != id {
		return domain.Errorf(domain.ErrConflict, "Database '%s' exists, whose id differs from '%s' in case only: choose another id", have.ID, id)
	}
	if d := have.Settings.Differences(set); d != "" {
		return domain.OtherSettings(id, d)
	}
	return nil
}

// checkID refuses the id of a new database that is an alias, or the name of a collection.
func (s *State) checkID(id string) error {
	if s.alias(id) != nil {
		return domain.Errorf(domain.ErrConflict, "'%s' is an alias: choose another id, or delete the alias first", id)
	}
	if s.byName[collection.DefaultName(id)] != nil {
		return domain.Errorf(domain.ErrConflict, "'%s' is the name of the collection in another database: choose another id", id)
	}
	return nil
}

// make makes a database, its room first: one that nobody knows of is harmless.
func (c *Catalog) make(ctx context.Context, ch *change, id string, set domain.Settings) (*Entry, error) {
	if c.Most > 0 && len(ch.databases) >= c.Most {
		return nil, domain.Errorf(domain.ErrLimit, "there are %d databases, as many as max_databases allows", len(ch.databases))
	}
	if set.Metric == "" {
		set.Metric = domain.DefaultMetric
	}
	e := &Entry{Database: domain.Database{ID: id, Settings: set, CreatedAt: c.Now().UTC()}}
	_, _ = rand.Read(e.Incarnation[:]) // never fails
	var err error
	if e.Number, err = c.Number(ctx); err != nil {
		return nil, err
	}
	if e.Room, err = c.Cluster.NewRoom(ctx, e.Incarnation, &set); err != nil {
		return nil, err
	}
	ch.put(e)
	return e, nil
}

// Alter changes the settings of a database in the life that old is of, and returns it as it is
// then. fn is given what it has now.
func (c *Catalog) Alter(ctx context.Context, old *Entry, fn func(domain.Settings) (domain.Settings, error)) (e *Entry, err error) {
	err = c.change(ctx, func(ch *change) error {
		now := ch.byNumber[old.Number]
		if now == nil {
			return domain.DatabaseNotFound(old.ID)
		}
		set, err := fn(now.Settings)
		if err != nil {
			return err
		}
		if e = now; set == now.Settings {
			return nil
		}
		next := *now
		next.Settings = set
		e = &next
		ch.put(e)
		return nil
	})
	return e, err
}

// Drop drops a database, or returns ErrNotFound.
func (c *Catalog) Drop(ctx context.Context, id string) (e *Entry, err error) {
	err = c.change(ctx, func(ch *change) (err error) {
		if e, err = ch.Find(id); err == nil {
			c.drop(ch, e)
		}
		return err
	})
	return e, err
}

// drop takes e out, and its room with it when nobody knows of it any more.
func (c *Catalog) drop(ch *change, e *Entry) {
	ch.remove(e)
	ch.after = append(ch.after, func(ctx context.Context) {
		if err := c.Cluster.DropRoom(context.WithoutCancel(ctx), e.Room); err != nil && !errors.Is(err, domain.ErrNotFound) {
			return // it takes room on disk, and nobody can find it
		}
	})
}
