package registry

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Collections = (*Registry)(nil)

// Registry is the ports.Collections of a store. It is safe for concurrent use.
type Registry struct {
	writer    *commit.Writer
	pool      *conn.Pool
	databases Databases
}

// Databases makes and drops databases inside a transaction.
type Databases struct {
	Create func(c *conn.Conn, id string, set domain.Settings) (domain.Database, error)
	// Drop removes db, and what the registry has of it unless that is kept. freed is to be
	// called once that is durable.
	Drop func(c *conn.Conn, db domain.Database, keep bool) (freed func(), err error)
	// Max is how many aliases, how many tenants and how many databases of tenants there may
	// be; 0 is no bound.
	Max int
	// Damaged is told of a database whose row in the registry is damaged; "" is the registry.
	Damaged func(database string)
}

// grow runs a change of names of a kind, after which there may not be more of them than
// before and than there may be.
func (r *Registry) grow(c *conn.Conn, k kind, what string, change func() error) error {
	if r.databases.Max <= 0 {
		return change()
	}
	before, err := k.count(c)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := k.count(c)
	if err == nil && after > before && after > int64(r.databases.Max) {
		err = domain.Errorf(domain.ErrLimit, "there are %d %s, as many as max_databases allows: remove one first", before, what)
	}
	return err
}

// New returns the Registry of the store with that writer and pool.
func New(w *commit.Writer, p *conn.Pool, d Databases) *Registry {
	return &Registry{writer: w, pool: p, databases: d}
}

// read calls fn with a reader that sees one moment, and all that was acknowledged.
func (r *Registry) read(ctx context.Context, fn func(*conn.Conn) error) error {
	err := r.pool.Read(ctx, "", func(c *conn.Conn) error {
		return c.AtOnce(func() error { return fn(c) })
	})
	if errors.Is(err, domain.ErrCorrupt) {
		r.databases.Damaged("")
	}
	return err
}

// write runs a transaction, after which applied, if not nil, is called.
func (r *Registry) write(ctx context.Context, applied func(), run func(*conn.Conn) error) error {
	return r.writer.Do(ctx, &commit.Request{Run: run, After: applied})
}

// Dropped forgets, in the transaction that drops it, what the database with that number was
// called.
func Dropped(c *conn.Conn, number int64) error {
	col, found, err := row(c, "c.number = ?", number)
	if errors.Is(err, domain.ErrCorrupt) {
		return forgetRow(c, number)
	}
	if err != nil {
		return err
	}
	if found {
		if err := forgetNames(c, &col); err != nil {
			return err
		}
	}
	return c.Exec("DELETE FROM names WHERE kind = ? AND number = ?", int64(ofAlias), number)
}

func forgetNames(c *conn.Conn, col *collection.Collection) error {
	for _, n := range namesOf(col) {
		if err := n.remove(c); err != nil {
			return err
		}
	}
	return c.Exec("DELETE FROM collections WHERE number = ?", col.Number)
}

// forgetRow forgets a row that does not say what its names are.
func forgetRow(c *conn.Conn, number int64) error {
	if err := c.Exec("DELETE FROM names WHERE kind IN (1, 2, 3) AND number = ?", number); err != nil {
		return err
	}
	return c.Exec("DELETE FROM collections WHERE number = ?", number)
}

// Drop calls drop, which drops a database with what the registry has of it. If something is
// damaged there, drop is called again and is to keep that: it leads nowhere then, as no
// other database gets that number. After the error SQLite takes no change more in the same
// transaction.
func (r *Registry) Drop(drop func(keep bool) error) error {
	err := drop(false)
	if !errors.Is(err, domain.ErrCorrupt) {
		return err
	}
	if err := drop(true); err != nil {
		return err
	}
	r.databases.Damaged("")
	return nil
}
