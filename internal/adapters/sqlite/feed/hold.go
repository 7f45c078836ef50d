package feed

import (
	"context"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

// Hold implements ports.Feeds.
func (f *Feeds) Hold(ctx context.Context, db domain.Database, h feed.Hold) (feed.State, error) {
	if err := h.Check(); err != nil {
		return feed.State{}, err
	}
	var state feed.State
	err := f.write(ctx, db, func(c *conn.Conn, d domain.Database, row schema.Row) error {
		var until int64
		held := feed.Held{Moved: h.Moved}
		if h.For > 0 {
			held.Until = f.now().Add(h.For).UTC().Truncate(time.Microsecond)
			until = held.Until.UnixMicro()
		}
		if held != (feed.Held{}) && row.Reembedding {
			return domain.Errorf(domain.ErrConflict, "other embeddings are being made for Database '%s': wait until they are, or cancel the job", db.ID)
		}
		if h.IfSequence != nil && *h.IfSequence != d.Sequence {
			return domain.Errorf(domain.ErrConflict, "Database '%s' has been changed meanwhile: it is at %d, not at %d", db.ID, d.Sequence, *h.IfSequence)
		}
		state = feed.State{Sequence: d.Sequence, Chunks: d.Chunks, NextID: row.NextID, Held: held}
		return c.Exec("UPDATE databases SET held_until = ?, moved_to = ? WHERE number = ?", until, h.Moved, d.Number)
	})
	return state, err
}

// Held implements ports.Feeds.
func (f *Feeds) Held(ctx context.Context, db domain.Database) (state feed.State, err error) {
	err = f.pool.Read(ctx, db.ID, func(c *conn.Conn) error {
		d, row, found, err := schema.LookUp(c, db.ID)
		if err == nil && (!found || !d.SameLife(db)) {
			err = domain.DatabaseNotFound(db.ID)
		}
		state = feed.State{Sequence: d.Sequence, Chunks: d.Chunks, NextID: row.NextID, Held: row.Held}
		return err
	})
	return state, err
}
