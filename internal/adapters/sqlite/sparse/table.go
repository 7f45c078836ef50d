package sparse

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Column is what Scan reads of a chunk that was joined by Join.
const Column = ", s.vectors"

// Join is the SQL that joins the chunk c of the database with that number to its vectors.
func Join(number int64) string {
	return " LEFT JOIN sparse_vectors s ON s.id = c.chunk_id + " + strconv.FormatInt(schema.Slot(0).RowID(number, 0), 10)
}

// Scan reads a Column into c.
func Scan(c *domain.Chunk, column driver.Value) (err error) {
	raw, _ := column.([]byte)
	if c.Sparse, err = Decode(raw); err != nil {
		return fmt.Errorf("chunk %d: %w", c.ID, err)
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum takes the encoded vectors of a chunk, if it has some, into the checksum that the
// chunk has without them: the CRC-32C goes on with their length, as 4 little-endian bytes, and
// with them.
func Checksum(crc uint32, encoded []byte) uint32 {
	if encoded == nil {
		return crc
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(len(encoded)))
	return crc32.Update(crc32.Update(crc, castagnoli, b[:]), castagnoli, encoded)
}

// Row is the encoded vectors of a chunk; nil: it has none.
type Row struct {
	ID      int64
	Vectors []byte
}

// rowsPerStatement is how many rows one INSERT takes, as of those of chunks.
const rowsPerStatement = 16

// Write stores the vectors of chunks of a database; with replaces some may have others, which
// are gone then.
func Write(c *conn.Conn, number int64, rows []Row, replaces bool) error {
	verb := "INSERT INTO "
	if replaces {
		verb = "INSERT OR REPLACE INTO "
	}
	verb += "sparse_vectors (id, vectors) VALUES (?,?)"
	args := make([]any, 0, 2*rowsPerStatement)
	for i := range rows {
		id := schema.Slot(0).RowID(number, rows[i].ID)
		switch {
		case rows[i].Vectors != nil:
			args = append(args, id, rows[i].Vectors)
		case replaces:
			if err := c.Exec("DELETE FROM sparse_vectors WHERE id = ?", id); err != nil {
				return err
			}
		}
	}
	if len(args) == 2*rowsPerStatement {
		return c.Exec(verb+strings.Repeat(",(?,?)", rowsPerStatement-1), args...)
	}
	for ; len(args) > 0; args = args[2:] {
		if err := c.Exec(verb, args[:2]...); err != nil {
			return err
		}
	}
	return nil
}

// Delete deletes the vectors of the chunks in the JSON list ids.
func Delete(c *conn.Conn, number int64, ids string) error {
	return c.Exec("DELETE FROM sparse_vectors WHERE id IN (SELECT value + ? FROM json_each(?))", schema.Slot(0).RowID(number, 0), ids)
}

// Empty deletes the vectors of at most n chunks of a database, and returns of how many.
func Empty(c *conn.Conn, number, n int64) (done int64, err error) {
	first, last := schema.Slot(0).RowIDs(number)
	return c.ExecCount("DELETE FROM sparse_vectors WHERE id IN (SELECT id FROM sparse_vectors WHERE id BETWEEN ? AND ? LIMIT ?)", first, last, n)
}
