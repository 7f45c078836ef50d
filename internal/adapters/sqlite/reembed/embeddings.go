package reembed

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Reembedder = (*Embeddings)(nil)

// Embeddings is the ports.Reembedder of a store. It is safe for concurrent use.
type Embeddings struct {
	// Purge empties slots that are not in use.
	Purge *maintenance.Task

	writer *commit.Writer
	pool   *conn.Pool
}

// New returns the Embeddings of the store with that writer and pool, whose maintenance
// includes purge, made by Purge.
func New(w *commit.Writer, p *conn.Pool, purge *maintenance.Task) *Embeddings {
	return &Embeddings{Purge: purge, writer: w, pool: p}
}

// target is a domain.Reembedding as it is stored.
type target struct {
	Provider    string        `json:"provider"`
	Model       string        `json:"model"`
	Fingerprint string        `json:"fingerprint"`
	Dims        int           `json:"dims"`
	Metric      domain.Metric `json:"metric"`
}

func encode(r domain.Reembedding) (string, error) {
	e := r.Embedder
	raw, err := json.Marshal(target{e.Provider, e.Model, e.Fingerprint, r.Dims, r.Metric})
	return string(raw), err
}

func decode(raw string) (r domain.Reembedding, err error) {
	var t target
	if err := json.Unmarshal([]byte(raw), &t); err != nil {
		return r, fmt.Errorf("a change of embedder: %w: %w", domain.ErrCorrupt, err)
	}
	ref := domain.EmbedderRef{Provider: t.Provider, Model: t.Model}
	return domain.Reembedding{Embedder: domain.Embedder{EmbedderRef: ref, Fingerprint: t.Fingerprint}, Dims: t.Dims, Metric: t.Metric}, nil
}

// Reembeddings implements ports.Reembedder.
func (e *Embeddings) Reembeddings(ctx context.Context) (map[string]domain.Reembedding, error) {
	all := map[string]domain.Reembedding{}
	err := e.pool.Read(ctx, "", func(c *conn.Conn) error {
		return c.Query("SELECT d.id, r.target FROM reembeds r CROSS JOIN databases d ON d.number = r.number WHERE d.reembedding", func(row []driver.Value) (err error) {
			id, _ := row[0].(string)
			raw, _ := row[1].(string)
			all[id], err = decode(raw)
			return err
		})
	})
	return all, err
}

// BeginReembedding implements ports.Reembedder.
func (e *Embeddings) BeginReembedding(ctx context.Context, db domain.Database, r domain.Reembedding) (done int64, err error) {
	if err := e.checkTexts(ctx, db); err != nil {
		return 0, err
	}
	want, err := encode(r)
	if err != nil {
		return 0, err
	}
	var seenTo int64
	err = e.do(ctx, db, false, func(c *conn.Conn, now domain.Database, row schema.Row) error {
		if err := row.Held.Refuse(db.ID, time.Now()); err != nil {
			return err
		}
		have, to, found, err := stored(c, now.Number)
		seenTo = to
		switch {
		case err != nil:
			return err
		case found && have == "":
			return domain.Errorf(domain.ErrBusy, "the space of other embeddings of Database '%s' is being given back: try again", db.ID)
		case found && have != want:
			return domain.Errorf(domain.ErrConflict, "embeddings of another model are being made for Database '%s'", db.ID)
		case found:
			return nil
		}
		if err := c.Exec("INSERT INTO reembeds (number, target, seen_to) VALUES (?, ?, 0)", now.Number, want); err != nil {
			return err
		}
		return c.Exec("UPDATE databases SET reembedding = 1 WHERE number = ?", now.Number)
	}, nil)
	if err != nil || seenTo == 0 {
		return 0, err
	}
	err = e.read(ctx, db, func(c *conn.Conn) error {
		done, _, err = c.Integer("SELECT count(*) FROM "+schema.TableName(db.ID)+" WHERE chunk_id <= ?", seenTo)
		return err
	})
	return done, err
}

// checkTexts refuses a database with chunks without text.
func (e *Embeddings) checkTexts(ctx context.Context, db domain.Database) error {
	var n int64
	err := e.read(ctx, db, func(c *conn.Conn) (err error) {
		target, _, found, err := stored(c, db.Number)
		if err != nil || found && target == "" { // it cannot begin yet: no need to read all texts for that
			return err
		}
		n, _, err = c.Integer("SELECT count(*) FROM " + schema.TableName(db.ID) + " c WHERE text = '' AND NOT (" + neither + ")")
		return err
	})
	if err == nil && n > 0 {
		err = domain.Errorf(domain.ErrInvalid, "%d chunks of Database '%s' have no text to make an embedding of: give them one, or delete them", n, db.ID)
	}
	return err
}

// stored returns what is kept about a database.
func stored(c *conn.Conn, number int64) (target string, seenTo int64, found bool, err error) {
	err = c.Query("SELECT target, seen_to FROM reembeds WHERE number = ?", func(row []driver.Value) error {
		target, _ = row[0].(string)
		seenTo, found = row[1].(int64)
		return nil
	}, number)
	return target, seenTo, found, err
}

// SwapEmbeddings implements ports.Reembedder.
func (e *Embeddings) SwapEmbeddings(ctx context.Context, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
	var now domain.Database
	err := e.do(ctx, db, false, func(c *conn.Conn, d domain.Database, row schema.Row) error {
		raw, _, _, err := stored(c, d.Number)
		if err != nil {
			return err
		}
		if err := begun(d, row); err != nil {
			return err
		}
		r, err := decode(raw)
		if err != nil {
			return err
		}
		lacking, err := page(c, d, 1)
		if err == nil && len(lacking) > 0 {
			err = domain.Errorf(domain.ErrConflict, "chunk %d of Database '%s' has no embedding of the other model yet", lacking[0].ID, d.ID)
		}
		if err != nil {
			return err
		}
		now = d
		now.Settings = r.Apply(d.Settings)
		if err := check(now.Settings); err != nil {
			return err
		}
		return swap(c, &now, row.Slot)
	}, func() {
		e.Purge.Want()
		if applied != nil {
			applied(now)
		}
	})
	if err != nil {
		return domain.Database{}, err
	}
	return now, nil
}

// swap makes the other slot the one in use, for a database that has new settings.
func swap(c *conn.Conn, d *domain.Database, slot schema.Slot) error {
	d.Sequence++
	model := crc32.Checksum([]byte(d.Embedder.Fingerprint), crc32.MakeTable(crc32.Castagnoli))
	d.Hash = schema.NextHash(d.Hash, schema.ChangeEmbeddings, d.Sequence, 0, model)
	settings, err := schema.EncodeSettings(d.Settings)
	if err != nil {
		return err
	}
	err = c.Exec("UPDATE databases SET slot = ?, reembedding = 0, dims = ?, settings = ?, sequence = ?, hash = ? WHERE number = ?",
		int64(slot.Other()), int64(d.Dims), settings, d.Sequence, d.Hash[:], d.Number)
	if err != nil {
		return err
	}
	// An index of the vectors of before cannot be brought up to date. One that was made of
	// the others is of this state.
	kept, err := c.ExecCount("DELETE FROM changes WHERE number = ?", d.Number)
	if err == nil && kept > 0 {
		err = c.Exec("INSERT INTO changes (number, sequence, hash, written, deleted) VALUES (?, ?, ?, x'', x'')", d.Number, d.Sequence, d.Hash[:])
	}
	if err != nil {
		return err
	}
	if err := feed.Forget(c, d.Number); err != nil { // which tells of chunks, and all of them have changed
		return err
	}
	return c.Exec("UPDATE reembeds SET target = '' WHERE number = ?", d.Number)
}

// ForgetReembedding implements ports.Reembedder.
func (e *Embeddings) ForgetReembedding(ctx context.Context, db domain.Database) error {
	return e.do(ctx, db, true, func(c *conn.Conn, d domain.Database, row schema.Row) error {
		if !row.Reembedding {
			return nil
		}
		if err := c.Exec("UPDATE databases SET reembedding = 0 WHERE number = ?", d.Number); err != nil {
			return err
		}
		return c.Exec("UPDATE reembeds SET target = '' WHERE number = ?", d.Number)
	}, e.Purge.Want)
}

// do runs a request about this life of db, also on a full disk if it frees space.
func (e *Embeddings) do(ctx context.Context, db domain.Database, frees bool, run func(*conn.Conn, domain.Database, schema.Row) error, after func()) error {
	return e.writer.Do(ctx, &commit.Request{Database: db.ID, Frees: frees, After: after, Run: func(c *conn.Conn) error {
		if err := schema.Alive(c, db); err != nil {
			return err
		}
		d, row, _, err := schema.LookUp(c, db.ID)
		if err != nil {
			return err
		}
		return run(c, d, row)
	}})
}

// begun is ErrConflict if no embeddings are being made for d.
func begun(d domain.Database, row schema.Row) error {
	if !row.Reembedding {
		return domain.Errorf(domain.ErrConflict, "no embeddings of another model are being made for Database '%s'", d.ID)
	}
	return nil
}
