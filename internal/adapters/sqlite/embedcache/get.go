package embedcache

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// find reads the embeddings of keys, which are given in hex, with their places.
const find = `SELECT j.key, t.used, e.crc, e.embedding FROM json_each(?) j
	CROSS JOIN cached_texts t ON t.key = unhex(j.value) CROSS JOIN cached_embeddings e ON e.id = t.id`

// Get returns the embedding of each key, as ports.EmbeddingStore has it. One that is
// damaged is not there.
func (c *Cache) Get(ctx context.Context, keys []ports.EmbeddingKey) ([][]float32, error) {
	out := make([][]float32, len(keys))
	missing, err := c.waiting(keys, out)
	if err != nil || len(missing) == 0 {
		return out, err
	}
	names, err := json.Marshal(missing)
	if err != nil {
		return nil, err
	}
	hour := c.hour()
	var old []ports.EmbeddingKey
	err = c.pool.Read(ctx, changes, func(r *conn.Conn) error {
		return r.QueryUnder(ctx, find, func(row []driver.Value) error {
			at, used, e := read(row, keys)
			if e == nil {
				return nil
			}
			out[at] = e
			if used < hour {
				old = append(old, keys[at])
			}
			return nil
		}, string(names))
	})
	if err != nil {
		return nil, err
	}
	c.touch(old)
	return out, nil
}

// waiting takes what is not written yet, and returns the other keys in hex by their places,
// which are those of keys; what is found is "".
func (c *Cache) waiting(keys []ports.EmbeddingKey, out [][]float32) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, domain.ErrClosed
	}
	found := 0
	names := make([]string, len(keys))
	for i, key := range keys {
		if w, ok := c.pending[key]; ok {
			out[i] = slices.Clone(w.embedding)
			found++
			continue
		}
		names[i] = hex.EncodeToString(key[:])
	}
	if found == len(keys) {
		return nil, nil
	}
	return names, nil
}

// read reads a row of find; e is nil where it is damaged.
func read(row []driver.Value, keys []ports.EmbeddingKey) (at, used int64, e []float32) {
	at, _ = row[0].(int64)
	used, _ = row[1].(int64)
	crc, _ := row[2].(int64)
	raw, _ := row[3].([]byte)
	if at < 0 || at >= int64(len(keys)) || int64(checksum(keys[at], raw)) != crc {
		return 0, 0, nil
	}
	e, err := schema.DecodeEmbedding(raw)
	if err != nil {
		return 0, 0, nil
	}
	return at, used, e
}

// touch has the next write note that keys were used.
func (c *Cache) touch(keys []ports.EmbeddingKey) {
	if len(keys) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		c.touched[key] = true
	}
	if !c.closed {
		c.schedule()
	}
}
