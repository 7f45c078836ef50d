package registry

import (
	"context"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
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
	// Drop removes db. freed is to be called once that is durable.
	Drop func(c *conn.Conn, db domain.Database) (freed func(), err error)
}

// New returns the Registry of the store with that writer and pool.
func New(w *commit.Writer, p *conn.Pool, d Databases) *Registry {
	return &Registry{writer: w, pool: p, databases: d}
}

// read calls fn with a reader that sees one moment, and all that was acknowledged.
func (r *Registry) read(ctx context.Context, fn func(*conn.Conn) error) error {
	return r.pool.Read(ctx, "", func(c *conn.Conn) error {
		return c.AtOnce(func() error { return fn(c) })
	})
}

// write runs a transaction, after which applied, if not nil, is called.
func (r *Registry) write(ctx context.Context, applied func(), run func(*conn.Conn) error) error {
	return r.writer.Do(ctx, &commit.Request{Run: run, After: applied})
}

// Dropped forgets, in the transaction that drops it, what the database with that number was
// called.
func Dropped(c *conn.Conn, number int64) error {
	col, found, err := row(c, "c.number = ?", number)
	if err != nil {
		return err
	}
	if found {
		if err := c.Exec("DELETE FROM collections WHERE number = ?", number); err != nil {
			return err
		}
		for _, n := range namesOf(&col) {
			if err := n.remove(c); err != nil {
				return err
			}
		}
	}
	return c.Exec("DELETE FROM names WHERE kind = ? AND number = ?", int64(ofAlias), number)
}
