package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
)

// Collection is a collection of another store.
type Collection interface {
	// Page returns at most limit records that stand behind the one with the cursor after, in
	// their order. That one is the row-th; with 0 it is the beginning that is asked for. An
	// answer of more than most bytes is a *provider.Failure with Oversize.
	Page(ctx context.Context, after string, row int64, limit int, most int64) (Page, error)
}

// Page is a part of a collection.
type Page struct {
	Records []Record
	More    bool // further ones follow
	// Moved says that the record with the cursor is not where it was, so that records would be
	// left out. There are none then.
	Moved bool
}

// Record is a record with its place.
type Record struct {
	Cursor string
	Chunk  domain.Chunk
}

// Bounds say how much is asked for at once. Zero values are the defaults.
type Bounds struct {
	Records int   // of a page; 0: 1,000
	Bytes   int64 // that a page should have, about; 0: 8 MiB
	Answer  int64 // that an answer may have; 0: 64 MiB
}

// Size of a page of records: a number of an embedding is written with about 12 characters,
// and what stands beside it is guessed.
const (
	mostRecords    = 1000
	pageBytes      = 8 << 20
	answerBytes    = 64 << 20
	bytesPerNumber = 12
	bytesPerRecord = 2 << 10
)

// Rows yields the records of a collection. It is for one goroutine.
type Rows struct {
	from  Collection
	about About
	limit int // of a page
	most  int64

	page   []Record
	at     int // in page
	more   bool
	row    int64
	cursor string
}

// About is what is known of a collection before it is read.
type About struct {
	Count    int64  // of its records
	Dims     int    // of its embeddings; 0: not known
	Identity string // changes when its records are others
	Bounds   Bounds
}

// NewRows returns the records of c.
func NewRows(c Collection, a About) *Rows {
	b := a.Bounds
	if b.Records == 0 {
		b.Records = mostRecords
	}
	if b.Bytes == 0 {
		b.Bytes = pageBytes
	}
	if b.Answer == 0 {
		b.Answer = answerBytes
	}
	fit := b.Bytes / (int64(a.Dims)*bytesPerNumber + bytesPerRecord)
	return &Rows{from: c, about: a, limit: int(min(max(fit, 1), int64(b.Records))), most: b.Answer, more: true}
}

// errMoved is the error for records that have moved while they were read.
var errMoved = errors.New("records before it were removed while the collection was read, so that others would be left out: the same command begins again")

// Next returns the next record and its row, counted from 1, or io.EOF. Its error names the
// row.
func (r *Rows) Next(ctx context.Context) (domain.Chunk, int64, error) {
	for r.at == len(r.page) {
		if !r.more {
			return domain.Chunk{}, 0, io.EOF
		}
		moved, err := r.fetch(ctx)
		if err == nil && moved {
			err = errMoved
		}
		if err != nil {
			return domain.Chunk{}, 0, fmt.Errorf("row %d: %w", r.row+1, err)
		}
	}
	record := &r.page[r.at]
	chunk := record.Chunk
	r.cursor = record.Cursor
	*record = Record{} // whoever has the chunk may free it
	r.at++
	r.row++
	return chunk, r.row, nil
}

// fetch reads the next page, a smaller one where the answer is too large.
func (r *Rows) fetch(ctx context.Context) (moved bool, err error) {
	for {
		p, err := r.from.Page(ctx, r.cursor, r.row, r.limit, r.most)
		if f, ok := errors.AsType[*provider.Failure](err); ok && f.Oversize && r.limit > 1 {
			r.limit /= 2
			continue
		}
		if err != nil {
			return false, err
		}
		last := len(p.Records) - 1
		if p.More && !p.Moved && (last < 0 || p.Records[last].Cursor == r.cursor) {
			return false, errors.New("the store answers no further records, and that more follow")
		}
		r.page, r.at, r.more = p.Records, 0, p.More
		return p.Moved, nil
	}
}

// Cursor says where the record is that Next returned last.
func (r *Rows) Cursor() string { return r.cursor }

// SkipTo passes over all records up to and including the row-th, which has the cursor. It is
// at the first one, and false, if that is not there any more.
func (r *Rows) SkipTo(ctx context.Context, row int64, cursor string) (found bool, err error) {
	r.cursor, r.row = cursor, row
	moved, err := r.fetch(ctx)
	if moved {
		r.cursor, r.row, r.page, r.at, r.more = "", 0, nil, 0, true
	}
	return !moved, err
}

// Skip reads the rows up to and including row.
func (r *Rows) Skip(row int64) error {
	for r.row < row {
		if _, _, err := r.Next(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// Read and Size tell how many records have been consumed, of how many.
func (r *Rows) Read() int64 { return r.row }

// Size is the number of records when the import began.
func (r *Rows) Size() int64 { return max(r.about.Count, r.row) }

// Fingerprint changes when the collection is another one.
func (r *Rows) Fingerprint() string {
	sum := sha256.Sum256([]byte(r.about.Identity))
	return hex.EncodeToString(sum[:])
}
