package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
)

// Source yields rows in order.
type Source interface {
	// Next returns the next chunk and its row, counted from 1, or io.EOF. Its error
	// names the row.
	Next(ctx context.Context) (domain.Chunk, int64, error)
	// Skip passes over all rows up to and including row.
	Skip(row int64) error
	// Read and Size tell how many bytes have been consumed, of how many.
	Read() int64
	Size() int64
	// Fingerprint changes when the content does.
	Fingerprint() string
}

// Cursored is a Source that cannot pass over rows by their number: it finds its place again
// by a cursor, such as the id of a record in another store.
type Cursored interface {
	Source
	// Cursor says where the row is that Next returned last.
	Cursor() string
	// SkipTo passes over all rows up to and including row, which is where cursor says. It
	// is at the first row, and false, if rows have moved so that the cursor leads nowhere.
	SkipTo(ctx context.Context, row int64, cursor string) (found bool, err error)
}

// Target is where chunks are stored.
type Target interface {
	// Insert stores all chunks or none; a key that exists is replaced.
	Insert(ctx context.Context, database string, chunks []domain.Chunk) ([]int64, error)
	// Key returns the key of a chunk, or "" if there is no such chunk.
	Key(ctx context.Context, database string, id int64) (string, error)
}

// Options are the choices of an import.
type Options struct {
	Database string
	Name     string        // of the source; keys are made of it
	Batch    int           // rows per insert
	State    string        // path of the file that remembers how far the import is; "" is none
	TTL      time.Duration // of rows that bring none; 0: as the database says
	Restart  bool          // start at the first row, whatever the state says
	// Keep leaves the state at the end, so that another Run of the same source has nothing to
	// do: an import of several sources that stops in a later one passes over those before.
	Keep bool
	// Began, if not nil, is told once whether the import goes on after a row, and why
	// not if there was a state that cannot be used.
	Began func(after int64, why string)
	// Progress, if not nil, is told after each batch.
	Progress func(Progress)
}

// Progress says how far an import is.
type Progress struct {
	Rows       int64 // stored since the import began or went on
	Replaced   int64 // of Rows, those that took the place of an earlier one with their key
	Row        int64 // the last one stored
	Read, Size int64 // bytes of the source
}

// maxBatchBytes keeps a batch below the largest body a server takes: a number of an
// embedding is written with up to 13 characters.
const (
	maxBatchBytes  = 24 << 20
	bytesPerNumber = 13
	bytesPerChunk  = 128
)

// Run imports all rows of src, or those after the last one that an earlier Run stored.
// When it fails, the whole batches before the failure are stored, and nothing of the
// batch with the bad row: Progress.Row is the last row stored.
func Run(ctx context.Context, src Source, to Target, o Options) (Progress, error) {
	im := &run{src: src, to: to, Options: o, seen: roaring64.New()}
	if err := im.begin(ctx); err != nil {
		return im.done, err
	}
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan batch, 1) // one is made while the one before is stored
	go func() {
		defer close(batches)
		im.read(ctx, batches)
	}()
	err := im.store(ctx, batches)
	cancel()
	for range batches { // until read has ended, which uses the source
	}
	if err == nil && !o.Keep {
		err = Forget(o.State)
	}
	return im.done, err
}

// run is one import under way.
type run struct {
	Options
	src   Source
	to    Target
	start int64 // the row after which it began
	done  Progress

	next *keyed            // read, but not in a batch yet; used by fill only
	seen *roaring64.Bitmap // chunks that rows have been stored in; used by store only
}

// keyed is a row of the source with the key it is stored under.
type keyed struct {
	domain.Chunk
	row    int64
	cursor string // of the row, if the source has cursors
}

// batch is what one insert stores, or the reason why there is none.
type batch struct {
	chunks []domain.Chunk
	rows   []int64 // of each chunk
	cursor string  // of the last row
	read   int64
	err    error
}

// read sends batches until the source ends or fails, or ctx ends.
func (im *run) read(ctx context.Context, out chan<- batch) {
	for {
		b := im.fill(ctx)
		end := b.err != nil
		if errors.Is(b.err, io.EOF) {
			b.err = nil
		}
		if b.err == nil && len(b.chunks) == 0 {
			return
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
		if end {
			return
		}
	}
}

// fill reads the rows of one batch. It ends before a key that is in the batch already: the
// later row replaces the earlier one, whatever the size of batches.
func (im *run) fill(ctx context.Context) (b batch) {
	keys := map[string]bool{}
	for size := 0; len(b.chunks) < im.Batch && size < maxBatchBytes; {
		next, err := im.nextRow(ctx)
		if err != nil {
			b.err = err
			break
		}
		if keys[next.Key] {
			im.next = next
			break
		}
		keys[next.Key] = true
		b.chunks, b.rows, b.cursor = append(b.chunks, next.Chunk), append(b.rows, next.row), next.cursor
		size += bytesPerChunk + len(next.Text) + len(next.Metadata.Text) + len(next.Key) + bytesPerNumber*len(next.Embedding) + 3*int(next.Sparse.Size())
	}
	b.read = im.src.Read()
	return b
}

// nextRow returns the next row.
func (im *run) nextRow(ctx context.Context) (*keyed, error) {
	if next := im.next; next != nil {
		im.next = nil
		return next, nil
	}
	ch, row, err := im.src.Next(ctx)
	if err != nil {
		return nil, err
	}
	if ch.Key == "" {
		ch.Key = im.Name + ":" + strconv.FormatInt(row, 10)
	}
	if ch.TTL == 0 {
		ch.TTL = im.TTL
	}
	next := &keyed{Chunk: ch, row: row}
	if src, ok := im.src.(Cursored); ok {
		next.cursor = src.Cursor()
	}
	return next, nil
}

// store inserts the batches and remembers each.
func (im *run) store(ctx context.Context, batches <-chan batch) error {
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		ids, err := im.to.Insert(ctx, im.Database, b.chunks)
		if err != nil {
			return b.locate(err)
		}
		last := len(b.chunks) - 1
		if len(ids) != len(b.chunks) {
			return fmt.Errorf("%d ids for %d chunks", len(ids), len(b.chunks))
		}
		im.done.Rows += int64(len(b.chunks))
		for _, id := range ids {
			if !im.seen.CheckedAdd(uint64(id)) {
				im.done.Replaced++
			}
		}
		im.done.Row, im.done.Read = b.rows[last], b.read
		st := state{
			Fingerprint: im.src.Fingerprint(), Database: im.Database,
			Cursor: b.cursor, Row: b.rows[last], ChunkID: ids[last], Key: b.chunks[last].Key, Rows: im.start + im.done.Rows,
		}
		if err := st.save(im.State); err != nil {
			return fmt.Errorf("remember how far the import is: %w", err)
		}
		if im.Progress != nil {
			im.Progress(im.done)
		}
	}
	return ctx.Err()
}

// place is how the message of a refused insert names the chunk.
var place = regexp.MustCompile(`chunks\[([0-9]+)\]`)

// locate says which row the error of an insert means.
func (b batch) locate(err error) error {
	if all := place.FindAllStringSubmatch(err.Error(), -1); all != nil {
		m := all[len(all)-1] // the one it is about stands last
		if i, convErr := strconv.Atoi(m[1]); convErr == nil && i < len(b.rows) {
			return fmt.Errorf("row %d: %w", b.rows[i], err)
		}
	}
	return fmt.Errorf("rows %d to %d: %w", b.rows[0], b.rows[len(b.rows)-1], err)
}
