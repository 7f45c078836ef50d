package chromaapi

import (
	"context"
	"math"
	"net/http"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// get answers POST /collections/{uuid}/get.
func (a *api) get(v version) func(*web.Call) error {
	return func(c *web.Call) error {
		col, err := a.find(c)
		if err != nil {
			return err
		}
		var in decode.Get
		err = c.InsertBody(func(body []byte) (err error) {
			in, err = decode.ReadGet(body, v.lenient)
			return err
		})
		if err != nil {
			return err
		}
		chunks, err := a.selected(c.Context(), col, in.IDs, in.Filter(), part{in.Offset, in.Limit}, in.Include.Fields())
		if err != nil {
			return gone(err, col)
		}
		w := a.columns(col, in.Include)
		return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) { return w.Get(b, chunks) })
	}
}

// columns returns what writes records of col.
func (a *api) columns(col collection.Collection, in encode.Include) *encode.Columns {
	return &encode.Columns{Include: in, ID: keysOf(col).id, Limit: a.uses.Limits().Answer}
}

// part is a part of a list of records.
type part struct {
	offset int // records to pass over
	limit  int // records at most; negative: all
}

// of returns the part of chunks.
func (w part) of(chunks []domain.Chunk) []domain.Chunk {
	chunks = chunks[min(w.offset, len(chunks)):]
	if w.limit >= 0 {
		chunks = chunks[:min(w.limit, len(chunks))]
	}
	return chunks
}

// selected returns the chunks that ids name, of all where that is nil, and that f selects, in
// the order in which they were inserted.
func (a *api) selected(ctx context.Context, col collection.Collection, ids []string, f *filterlang.Filter, w part, fields domain.Fields) ([]domain.Chunk, error) {
	if ids == nil {
		return a.listed(ctx, col, f, w, fields)
	}
	if f != nil {
		fields |= f.Fields()
	}
	chunks, err := a.chunksOf(ctx, col, ids, fields)
	if err != nil || f == nil {
		return w.of(chunks), err
	}
	kept := chunks[:0]
	for i := range chunks {
		if f.Matches(&chunks[i]) {
			kept = append(kept, chunks[i])
		}
	}
	return w.of(kept), nil
}

// listed returns the chunks that f selects, page after page.
func (a *api) listed(ctx context.Context, col collection.Collection, f *filterlang.Filter, w part, fields domain.Fields) (all []domain.Chunk, err error) {
	limits := a.uses.Limits()
	left, size := w.limit, int64(0)
	if left < 0 {
		left = math.MaxInt
	}
	in := app.List{Database: col.ID, Number: col.Number, Filter: f, Fields: fields}
	if in.After, err = a.skip(ctx, in, w.offset); err != nil || in.After < 0 {
		return nil, err
	}
	for left > 0 {
		in.Limit = min(left, limits.Results)
		page, err := a.uses.List(ctx, in)
		if err != nil {
			return nil, err
		}
		for i := range page.Chunks {
			size += page.Chunks[i].Size()
		}
		if size > limits.Answer {
			return nil, domain.AnswerTooLarge(limits.Answer)
		}
		if all == nil {
			all = page.Chunks
		} else {
			all = append(all, page.Chunks...)
		}
		if page.Next == 0 {
			break
		}
		left -= len(page.Chunks)
		in.After = page.Next
	}
	return all, nil
}

// skip returns the id of the n-th chunk that in selects, 0 for none, or -1 where there are no
// more than n.
func (a *api) skip(ctx context.Context, in app.List, n int) (after int64, err error) {
	in.Fields = 0
	for n > 0 {
		in.After, in.Limit = after, min(n, a.uses.Limits().Results)
		page, err := a.uses.List(ctx, in)
		if err != nil {
			return 0, err
		}
		if after = page.Next; after == 0 {
			return -1, nil
		}
		n -= len(page.Chunks)
	}
	return after, nil
}
