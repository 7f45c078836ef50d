package chromem

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/memista/memista/internal/domain"
)

// Rows yields the documents of a collection. It is for one goroutine.
type Rows struct {
	file       *File
	collection collection
	print      string
	row        int64

	next func() (domain.Chunk, error, bool)
	stop func()
}

// Next returns the next document and its row, counted from 1, or io.EOF. Its error names the
// row.
func (r *Rows) Next(ctx context.Context) (domain.Chunk, int64, error) {
	if err := ctx.Err(); err != nil {
		return domain.Chunk{}, 0, err
	}
	if r.next == nil {
		documents := inDirectory(r.collection, r.row)
		if r.collection.dir == "" {
			documents = inExport(r.file.opener(ctx), r.collection.name, r.row)
		}
		r.next, r.stop = iter.Pull2(documents)
	}
	c, err, ok := r.next()
	switch {
	case !ok:
		return domain.Chunk{}, 0, io.EOF
	case err != nil:
		return domain.Chunk{}, 0, fmt.Errorf("row %d: %w", r.row+1, err)
	}
	r.row++
	return c, r.row, nil
}

// Skip passes over the rows up to and including row.
func (r *Rows) Skip(row int64) error {
	if row > r.collection.count {
		return fmt.Errorf("skip to row %d of %d", row, r.collection.count)
	}
	r.row = max(r.row, row)
	return r.Close() // Next begins behind it
}

// Read and Size tell how many documents have been consumed, of how many.
func (r *Rows) Read() int64 { return r.row }

// Size is the number of documents.
func (r *Rows) Size() int64 { return r.collection.count }

// Fingerprint changes when the files do.
func (r *Rows) Fingerprint() string { return r.print }

// Close closes the file that is being read. It may be called twice, and Next goes on after it.
func (r *Rows) Close() error {
	if r.stop != nil {
		r.stop()
	}
	r.next, r.stop = nil, nil
	return nil
}
