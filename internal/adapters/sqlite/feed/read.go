package feed

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

// ReadFeed implements ports.Feeds.
func (f *Feeds) ReadFeed(ctx context.Context, db domain.Database, r feed.Read) (feed.Page, error) {
	var page feed.Page
	var due bool
	until := f.now().Add(r.Keep)
	err := f.pool.Read(ctx, db.ID, func(c *conn.Conn) error {
		return c.AtOnce(func() (err error) {
			if due, err = f.known(c, db, r.After, until, r.Keep); err != nil {
				return err
			}
			page, err = f.page(ctx, c, db, r)
			return err
		})
	})
	if err != nil {
		return feed.Page{}, err
	}
	if due {
		if err := f.renew(ctx, db, r.After, until); err != nil {
			return feed.Page{}, err
		}
	}
	return page, nil
}

// known refuses a place in a feed that is not kept, and reports whether it is to be noted that
// it has been read up to there: not where it is known and half of the time is left.
func (f *Feeds) known(c *conn.Conn, db domain.Database, at feed.Cursor, until time.Time, keep time.Duration) (due bool, err error) {
	if err := schema.Alive(c, db); err != nil {
		return false, err
	}
	if made, err := Made(c); err != nil || !made {
		return false, cmp.Or(err, feed.StartOver(db.ID))
	}
	found := false
	err = c.Query("SELECT sequence, until FROM feeds WHERE number = ? AND feed = ?", func(row []driver.Value) error {
		found = true
		sequence, _ := row[0].(int64)
		kept, _ := row[1].(int64)
		due = sequence < at.Sequence || kept < until.Add(-keep/2).UnixMicro()
		return nil
	}, db.Number, at.Feed[:])
	if err == nil && (!found || at.Incarnation != db.Incarnation) {
		err = feed.StartOver(db.ID)
	}
	return due, err
}

// page reads what follows r.After.
func (f *Feeds) page(ctx context.Context, c *conn.Conn, db domain.Database, r feed.Read) (feed.Page, error) {
	w := walk{limit: r.Limit, next: r.After, there: map[int64]bool{}}
	base := false
	err := c.Query("SELECT sequence, hash, written, deleted, keys FROM fed WHERE number = ? AND sequence >= ? ORDER BY sequence", func(row []driver.Value) error {
		if base {
			return w.batch(row)
		}
		sequence, _ := row[0].(int64)
		hash, _ := row[1].([]byte)
		if sequence != r.After.Sequence || string(hash) != string(r.After.Hash[:]) {
			return feed.StartOver(db.ID)
		}
		base = true
		return nil
	}, db.Number, r.After.Sequence)
	if err != nil && !errors.Is(err, conn.ErrEnough) {
		return feed.Page{}, err
	}
	if !base {
		return feed.Page{}, feed.StartOver(db.ID)
	}
	page := feed.Page{Next: w.next, More: w.more, Deleted: []int64{}, Keys: w.keys, Chunks: []domain.Chunk{}}
	ids := make([]int64, 0, len(w.order))
	for _, id := range w.order {
		if w.there[id] {
			ids = append(ids, id)
		} else {
			page.Deleted = append(page.Deleted, id)
		}
	}
	if len(ids) > 0 {
		page.Chunks, err = f.chunks(ctx, c, db, domain.Selection{IDs: ids, MaxBytes: r.MaxBytes}, r.Fields)
		return page, err
	}
	return page, nil
}

// walk goes through the changes of batches until there are as many as wanted.
type walk struct {
	limit int
	next  feed.Cursor
	more  bool           // there is another change after next
	there map[int64]bool // whether a changed chunk is there, as far as the walk has come
	order []int64        // the keys of there, as they came
	keys  []string       // of chunks that were deleted
}

func (w *walk) note(id int64, is bool) {
	if _, known := w.there[id]; !known {
		w.order = append(w.order, id)
	}
	w.there[id] = is
}

// batch takes one batch, or as much of it as there is room for.
func (w *walk) batch(row []driver.Value) error {
	if len(w.order) >= w.limit {
		w.more = true
		return conn.ErrEnough
	}
	raw, _ := row[2].([]byte)
	written, err := schema.DecodeIDs(raw, schema.MaxLogged)
	if err != nil {
		return err
	}
	if w.next.Part == 0 {
		raw, _ = row[3].([]byte)
		deleted, err := schema.DecodeIDs(raw, schema.MaxLogged)
		if err != nil {
			return err
		}
		for _, id := range deleted {
			w.note(id, false)
		}
		if list, _ := row[4].(string); list != "" {
			var keys []string
			if err := json.Unmarshal([]byte(list), &keys); err != nil {
				return fmt.Errorf("keys of deleted chunks: %w: %w", domain.ErrCorrupt, err)
			}
			w.keys = append(w.keys, keys...)
		}
	}
	written = written[min(w.next.Part, int64(len(written))):]
	n := min(len(written), max(1, w.limit-len(w.order)))
	for _, id := range written[:n] {
		w.note(id, true)
	}
	if n < len(written) {
		w.next.Part += int64(n)
		w.more = true
		return conn.ErrEnough
	}
	w.next.Sequence, _ = row[0].(int64)
	hash, _ := row[1].([]byte)
	copy(w.next.Hash[:], hash)
	w.next.Part = 0
	return nil
}
