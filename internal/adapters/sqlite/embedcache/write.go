package embedcache

import (
	"database/sql/driver"
	"encoding/binary"
	"hash/crc32"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/ports"
)

// EntryBytes is about what an embedding takes in the file: its components, its key, which
// stands in a table and in an index, and its places there.
func EntryBytes(dims int) int64 { return 4*int64(dims) + 160 }

// batch is what one transaction writes.
type batch struct {
	keys       []ports.EmbeddingKey
	embeddings [][]float32
	touched    []ports.EmbeddingKey
	turns      int // of the queue, those that are over with them
	bound      int64
	used       int64 // the hour of now
}

// write stores b, and removes for it what was not used for longest.
func (b *batch) write(c *conn.Conn) error {
	for _, key := range b.touched {
		if err := c.Exec("UPDATE cached_texts SET used = ? WHERE key = ?", b.used, key[:]); err != nil {
			return err
		}
	}
	for i, key := range b.keys {
		if err := b.put(c, key, b.embeddings[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) put(c *conn.Conn, key ports.EmbeddingKey, e []float32) error {
	size := EntryBytes(len(e))
	if size > b.bound {
		return nil
	}
	if err := remove(c, "key = ?", key[:]); err != nil {
		return err
	}
	const all = 1 << 40
	if _, err := shrink(c, b.bound-size, all); err != nil {
		return err
	}
	raw := schema.EncodeEmbedding(e)
	if err := c.Exec("INSERT INTO cached_embeddings (crc, embedding) VALUES (?, ?)", int64(checksum(key, raw)), raw); err != nil {
		return err
	}
	if err := c.Exec("INSERT INTO cached_texts (key, id, used, size) VALUES (?, last_insert_rowid(), ?, ?)", key[:], b.used, size); err != nil {
		return err
	}
	return c.Exec("UPDATE cached_bytes SET bytes = bytes + ?", size)
}

// remove removes the entry that where selects.
func remove(c *conn.Conn, where string, args ...any) error {
	var id, size int64
	found := false
	err := c.Query("SELECT id, size FROM cached_texts WHERE "+where, func(row []driver.Value) error {
		id, _ = row[0].(int64)
		size, _ = row[1].(int64)
		found = true
		return nil
	}, args...)
	if err != nil || !found {
		return err
	}
	if err := c.Exec("DELETE FROM cached_texts WHERE "+where, args...); err != nil {
		return err
	}
	if err := c.Exec("DELETE FROM cached_embeddings WHERE id = ?", id); err != nil {
		return err
	}
	return c.Exec("UPDATE cached_bytes SET bytes = bytes - ?", size)
}

// shrink removes entries, those not used for longest first, until what is left takes at
// most bound bytes, or most are removed. It reports whether it is still too much.
func shrink(c *conn.Conn, bound, most int64) (more bool, err error) {
	for range most {
		bytes, _, err := c.Integer("SELECT bytes FROM cached_bytes")
		if err != nil || bytes <= bound {
			return false, err
		}
		var key []byte
		err = c.Query("SELECT key FROM cached_texts ORDER BY used, id LIMIT 1", func(row []driver.Value) error {
			key, _ = row[0].([]byte)
			return nil
		})
		if err != nil {
			return false, err
		}
		if key == nil { // the count is wrong: there is nothing
			return false, c.Exec("UPDATE cached_bytes SET bytes = 0")
		}
		if err := remove(c, "key = ?", key); err != nil {
			return false, err
		}
	}
	return true, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32C over key and embedding, with the length of the latter.
func checksum(key ports.EmbeddingKey, raw []byte) uint32 {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], uint32(len(raw))) //nolint:gosec // an embedding has at most 65,536 components
	crc := crc32.Update(0, castagnoli, key[:])
	return crc32.Update(crc32.Update(crc, castagnoli, n[:]), castagnoli, raw)
}
