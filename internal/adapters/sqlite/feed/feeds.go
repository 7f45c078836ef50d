package feed

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Feeds = (*Feeds)(nil)

// Chunks reads chunks in the transaction of c.
type Chunks func(ctx context.Context, c *conn.Conn, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error)

// Feeds is the ports.Feeds of a store. It is safe for concurrent use.
type Feeds struct {
	writer *commit.Writer
	pool   *conn.Pool
	chunks Chunks
	now    func() time.Time
}

// New returns the Feeds of the store with that writer and pool.
func New(w *commit.Writer, p *conn.Pool, chunks Chunks, now func() time.Time) *Feeds {
	return &Feeds{writer: w, pool: p, chunks: chunks, now: now}
}

// write runs a transaction on db, if that lives.
func (f *Feeds) write(ctx context.Context, db domain.Database, run func(c *conn.Conn, now domain.Database, row schema.Row) error) error {
	return f.writer.Do(ctx, &commit.Request{Database: db.ID, Run: ofLife(db, run)})
}

// ofLife returns what calls run in a transaction, if this life of db goes on.
func ofLife(db domain.Database, run func(c *conn.Conn, now domain.Database, row schema.Row) error) func(*conn.Conn) error {
	return func(c *conn.Conn) error {
		d, row, found, err := schema.LookUp(c, db.ID)
		if err != nil {
			return err
		}
		if !found || !d.SameLife(db) {
			return domain.DatabaseNotFound(db.ID)
		}
		return run(c, d, row)
	}
}

// OpenFeed implements ports.Feeds.
func (f *Feeds) OpenFeed(ctx context.Context, db domain.Database, keep time.Duration) (feed.Cursor, error) {
	at := feed.Cursor{Incarnation: db.Incarnation}
	_, _ = rand.Read(at.Feed[:]) // never fails
	r := &commit.Request{}       // the tables may be made, which every reader is to see
	r.Run = ofLife(db, func(c *conn.Conn, d domain.Database, _ schema.Row) error {
		made, err := Made(c)
		if err == nil && !made {
			r.Schema = true
			err = c.Script(tables)
		}
		if err != nil {
			return err
		}
		at.Sequence, at.Hash = d.Sequence, d.Hash
		now := f.now()
		err = c.Exec("INSERT INTO feeds (number, feed, sequence, until) VALUES (?, ?, ?, ?)", d.Number, at.Feed[:], d.Sequence, now.Add(keep).UnixMicro())
		if err != nil {
			return err
		}
		err = c.Exec("INSERT OR IGNORE INTO fed (number, sequence, hash, written, deleted, keys) VALUES (?, ?, ?, x'', x'', '')", d.Number, d.Sequence, d.Hash[:])
		if err != nil {
			return err
		}
		return settle(c, d.Number, now)
	})
	err := f.writer.Do(ctx, r)
	return at, err
}

// CloseFeed implements ports.Feeds.
func (f *Feeds) CloseFeed(ctx context.Context, db domain.Database, of feed.Cursor) error {
	return f.write(ctx, db, func(c *conn.Conn, d domain.Database, row schema.Row) error {
		if row.FedUntil == 0 {
			return nil
		}
		if err := c.Exec("DELETE FROM feeds WHERE number = ? AND feed = ?", d.Number, of.Feed[:]); err != nil {
			return err
		}
		return settle(c, d.Number, f.now())
	})
}

// renew notes that the changes up to at are not needed any more, and that others are to be
// kept until a time.
func (f *Feeds) renew(ctx context.Context, db domain.Database, at feed.Cursor, until time.Time) error {
	return f.write(ctx, db, func(c *conn.Conn, d domain.Database, _ schema.Row) error {
		n, err := c.ExecCount("UPDATE feeds SET sequence = max(sequence, ?), until = ? WHERE number = ? AND feed = ?", at.Sequence, until.UnixMicro(), d.Number, at.Feed[:])
		if err == nil && n == 0 {
			err = feed.StartOver(db.ID)
		}
		if err != nil {
			return err
		}
		return settle(c, d.Number, f.now())
	})
}
