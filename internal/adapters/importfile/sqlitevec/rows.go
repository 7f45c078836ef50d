package sqlitevec

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/memista/memista/internal/adapters/importfile/textfield"
	"github.com/memista/memista/internal/domain"
)

// Rows yields the rows of a table. It is for one goroutine.
type Rows struct {
	db      *sql.DB
	table   string
	columns []column
	vector  column
	text    string // name of the column with the text
	count   int64
	print   string

	chunk *chunk // nil: none was read yet, or all of it was
	after int64  // the last chunk that was begun
	row   int64
}

// Next returns the next row and its number, counted from 1, or io.EOF. Its error names the
// row.
func (r *Rows) Next(ctx context.Context) (domain.Chunk, int64, error) {
	for {
		if r.chunk == nil {
			if err := r.nextChunk(ctx, true); err != nil {
				return domain.Chunk{}, 0, r.at(err)
			}
		}
		slot, ok := r.chunk.next()
		if !ok {
			r.chunk = nil
			continue
		}
		c, err := r.read(ctx, slot)
		if err != nil {
			return domain.Chunk{}, 0, r.at(err)
		}
		r.row++
		return c, r.row, nil
	}
}

// at says which row an error is about.
func (r *Rows) at(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("row %d: %w", r.row+1, err)
}

// Skip passes over the rows up to and including row.
func (r *Rows) Skip(row int64) error {
	ctx := context.Background() // it reads bits only
	for r.row < row {
		if r.chunk == nil {
			if err := r.nextChunk(ctx, false); err != nil {
				return err
			}
			if n := int64(r.chunk.used()); n <= row-r.row {
				r.row += n
				r.chunk = nil
				continue
			}
			if err := r.fill(ctx, r.chunk); err != nil {
				return err
			}
		}
		if _, ok := r.chunk.next(); ok {
			r.row++
		} else {
			r.chunk = nil
		}
	}
	return nil
}

// Read and Size tell how many rows have been consumed, of how many.
func (r *Rows) Read() int64 { return r.row }

// Size is the number of rows.
func (r *Rows) Size() int64 { return r.count }

// Fingerprint changes when the file does.
func (r *Rows) Fingerprint() string { return r.print }

// read makes a chunk of memista of a slot.
func (r *Rows) read(ctx context.Context, slot int) (out domain.Chunk, err error) {
	rowid := r.chunk.rowid(slot)
	side, err := r.beside(ctx, rowid, slot)
	if err != nil {
		return out, err
	}
	out.Key = side.key
	out.Embedding = r.chunk.embedding(&r.vector, slot)
	object, err := r.metadata(ctx, rowid, slot, side.auxiliary)
	if err != nil || len(object) == 0 {
		return out, err
	}
	if out.Metadata, err = domain.MetadataObject(object); err != nil {
		return out, err
	}
	out.Text = textfield.Find(object, r.text)
	return out, nil
}

// chunk is a row of T_chunks with what belongs to it.
type chunk struct {
	id         int64
	size       int
	validity   []byte
	rowids     []byte
	partitions []any
	vectors    []byte
	metadata   [][]byte // by the index of the column
	slot       int      // the one that next looks at
}

// next returns the next slot that is in use.
func (c *chunk) next() (slot int, ok bool) {
	for ; c.slot < c.size; c.slot++ {
		if c.validity[c.slot/8]>>(c.slot%8)&1 == 1 {
			c.slot++
			return c.slot - 1, true
		}
	}
	return 0, false
}

// used returns how many slots are in use.
func (c *chunk) used() (n int) {
	for _, b := range c.validity {
		n += bits.OnesCount8(b)
	}
	return n
}
