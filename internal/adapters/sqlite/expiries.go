package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Expirer = (*Store)(nil)

// Due returns chunks that have expired; see ports.Expirer.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]ports.Due, error) {
	due := []ports.Due{}
	at := map[string]int{} // position in due
	err := s.read(ctx, func(c *conn.Conn) error {
		return c.Query(`SELECT d.id, e.chunk_id FROM expiries e CROSS JOIN databases d ON d.number = e.number
			WHERE e.expires_at <= ? ORDER BY e.expires_at LIMIT ?`, func(row []driver.Value) error {
			database, _ := row[0].(string)
			id, _ := row[1].(int64)
			i, known := at[database]
			if !known {
				i = len(due)
				at[database] = i
				due = append(due, ports.Due{Database: database})
			}
			due[i].IDs = append(due[i].IDs, id)
			return nil
		}, now.UnixMicro(), int64(limit))
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

// liveDatabases reads databases whose count of chunks leaves out those that have expired at
// a time. It is one statement, so both are of one snapshot. Few are due at any time, and all
// of them are found by their time; the plus keeps SQLite from looking at all expiries.
var liveDatabases = "SELECT " + strings.Replace(schema.DatabaseColumns, "chunks", "chunks - coalesce(due, 0)", 1) + ` FROM databases
	LEFT JOIN (SELECT number AS owner, count(*) AS due FROM expiries WHERE expires_at <= ? GROUP BY +number) ON owner = number`

// FindLive returns the database called id; see ports.Expirer.
func (s *Store) FindLive(ctx context.Context, id string, now time.Time) (domain.Database, error) {
	return s.findBy(ctx, id, liveDatabases+" WHERE id = ?", now.UnixMicro(), id)
}

// ListLive returns all databases; see ports.Expirer.
func (s *Store) ListLive(ctx context.Context, now time.Time) ([]domain.Database, error) {
	return s.listBy(ctx, liveDatabases, now.UnixMicro())
}

// expiring returns when the chunks of a database expire.
func expiring(c *conn.Conn, number int64) (list []domain.Expiry, err error) {
	err = c.Query("SELECT chunk_id, expires_at FROM expiries WHERE number = ?", func(row []driver.Value) error {
		id, _ := row[0].(int64)
		micros, _ := row[1].(int64)
		list = append(list, domain.Expiry{ID: id, At: time.UnixMicro(micros).UTC()})
		return nil
	}, number)
	return list, err
}

// findExpiring notes whether any chunk of the database expires at all: where none does,
// a batch pays for this one look-up only.
func (t *batchWriter) findExpiring() error {
	_, found, err := t.c.Integer("SELECT 1 FROM expiries WHERE number = ? LIMIT 1", t.db.Number)
	t.expiring = found
	return err
}

// clearExpired deletes the expired chunks that the batch would meet: those with a key that
// it uses, or an id that it replaces, which is then not found.
func (t *batchWriter) clearExpired() error {
	if !t.expiring || t.b.At.IsZero() {
		return nil
	}
	ids, keys := []int64{}, []string{}
	for i := range t.b.Put {
		c := &t.b.Put[i]
		if c.ID != 0 {
			ids = append(ids, c.ID)
		}
		if c.Key != "" {
			keys = append(keys, c.Key)
		}
	}
	if len(ids)+len(keys) == 0 {
		return nil
	}
	named, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	var gone []int64
	err = t.c.Query(`SELECT chunk_id FROM expiries WHERE number = ?1 AND +expires_at <= ?2 AND chunk_id IN (
		SELECT value FROM json_each(?3) UNION ALL
		SELECT k.chunk_id FROM json_each(?4) j CROSS JOIN keys k ON k.number = ?1 AND k.key = j.value)`,
		func(row []driver.Value) error {
			id, _ := row[0].(int64)
			gone = append(gone, id)
			return nil
		}, t.db.Number, t.b.At.UnixMicro(), schema.IDList(ids), string(named))
	if err != nil {
		return err
	}
	return t.delete(gone, func(int64, int64) error { return nil })
}

// expires notes when the chunk called id expires, or that it does not any more.
func (t *batchWriter) expires(chunk *domain.Chunk, id int64, replaces bool) error {
	switch {
	case !chunk.ExpiresAt.IsZero():
		t.expiring = true
		return t.c.Exec("INSERT OR REPLACE INTO expiries (number, chunk_id, expires_at) VALUES (?, ?, ?)",
			t.db.Number, id, chunk.ExpiresAt.UnixMicro())
	case replaces && t.expiring:
		return t.c.Exec("DELETE FROM expiries WHERE number = ? AND chunk_id = ?", t.db.Number, id)
	}
	return nil
}
