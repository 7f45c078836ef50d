package named

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Column is what Scan reads of a chunk that was joined by Join.
const Column = ", n.vectors"

// Join is the SQL that joins the chunk c of the database with that number to its vectors.
func Join(number int64) string {
	return " LEFT JOIN named_vectors n ON n.id = c.chunk_id + " + strconv.FormatInt(schema.Slot(0).RowID(number, 0), 10)
}

// Scan reads a Column into c.
func Scan(c *domain.Chunk, column driver.Value) (err error) {
	raw, _ := column.([]byte)
	if c.Vectors, err = Decode(raw); err != nil {
		return fmt.Errorf("chunk %d: %w", c.ID, err)
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// mark stands before named vectors in a checksum, where sparse ones have their length, which is
// never as much.
const mark = 0xffffffff

// Checksum takes the encoded vectors of a chunk, if it has some, into the checksum that the
// chunk has without them: the CRC-32C goes on with mark and their length, as 4 little-endian
// bytes each, and with them.
func Checksum(crc uint32, encoded []byte) uint32 {
	if encoded == nil {
		return crc
	}
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:], mark)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(encoded)))
	return crc32.Update(crc32.Update(crc, castagnoli, b[:]), castagnoli, encoded)
}

// Write stores the encoded vectors of the chunk called id of a database; nil: it has none. With
// replaces it may have others, which are gone then.
func Write(c *conn.Conn, number, id int64, encoded []byte, replaces bool) error {
	row := schema.Slot(0).RowID(number, id)
	switch {
	case encoded != nil && replaces:
		return c.Exec("INSERT OR REPLACE INTO named_vectors (id, vectors) VALUES (?,?)", row, encoded)
	case encoded != nil:
		return c.Exec("INSERT INTO named_vectors (id, vectors) VALUES (?,?)", row, encoded)
	case replaces:
		return c.Exec("DELETE FROM named_vectors WHERE id = ?", row)
	}
	return nil
}

// Delete deletes the vectors of the chunks in the JSON list ids.
func Delete(c *conn.Conn, number int64, ids string) error {
	return c.Exec("DELETE FROM named_vectors WHERE id IN (SELECT value + ? FROM json_each(?))", schema.Slot(0).RowID(number, 0), ids)
}

// Empty deletes the vectors of at most n chunks of a database, and returns of how many.
func Empty(c *conn.Conn, number, n int64) (done int64, err error) {
	first, last := schema.Slot(0).RowIDs(number)
	return c.ExecCount("DELETE FROM named_vectors WHERE id IN (SELECT id FROM named_vectors WHERE id BETWEEN ? AND ? LIMIT ?)", first, last, n)
}
