package find

import (
	"context"
	"errors"
	"math"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// scroll answers with points in the order of their ids, which have no score.
func (f *Finder) scroll(ctx context.Context, where *filterlang.Filter, page window, fields domain.Fields) ([]Hit, error) {
	list, err := f.list(ctx, where, page, fields)
	hits := make([]Hit, len(list))
	for i := range list {
		hits[i] = Hit{Chunk: list[i]}
	}
	return hits, err
}

// list returns the chunks of a window of those in the order of their ids.
func (f *Finder) list(ctx context.Context, where *filterlang.Filter, page window, fields domain.Fields) ([]domain.Chunk, error) {
	list, _, err := f.read(ctx, app.List{Filter: where, Fields: fields, Skip: page.offset}, page.limit)
	return list, err
}

// Page returns a page of the points in the order of their ids, as many as are asked for or as
// an answer has room for, and the id of the first one of the next page; nil: there is none.
func (f *Finder) Page(ctx context.Context, p *decode.Page, fields domain.Fields) ([]domain.Chunk, *collections.ID, error) {
	in := app.List{Filter: p.Filter, Fields: fields}
	if p.From == nil {
		return f.read(ctx, in, p.Limit)
	}
	in.From = f.Of.In.Keys.Key(*p.From)
	n, number := p.From.Number()
	if !number || n > math.MaxInt64 {
		return f.read(ctx, in, p.Limit)
	}
	found, err := f.Points(ctx, []collections.ID{*p.From}, 0)
	if err != nil {
		return nil, nil, err
	}
	keyless := len(found) > 0 && found[0].Key == ""
	if len(found) == 0 { // it is gone: rather some points come again than that some never come
		keyless, err = f.hasKeyless(ctx)
		if err != nil {
			return nil, nil, err
		}
	}
	if keyless {
		in.From, in.After = "", max(int64(n), 1)-1
	}
	return f.read(ctx, in, p.Limit)
}

// hasKeyless reports whether a chunk has no key: its id is that of its point.
func (f *Finder) hasKeyless(ctx context.Context) (bool, error) {
	p, err := f.Uses.List(ctx, app.List{Database: f.Of.ID, Number: f.Of.Number, Order: app.ByKey, Limit: 1})
	return err == nil && len(p.Chunks) > 0 && p.Chunks[0].Key == "", err
}

// read reads n chunks in the order of their keys, or as many as an answer has room for, and
// returns the id of the first one after them.
func (f *Finder) read(ctx context.Context, in app.List, n int) (list []domain.Chunk, next *collections.ID, err error) {
	in.Database, in.Number, in.Order = f.Of.ID, f.Of.Number, app.ByKey
	most, size := f.Uses.Limits().Results, int64(0)
	for {
		in.Limit = min(n-len(list), most)
		p, err := f.Uses.List(ctx, in)
		if errors.Is(err, domain.ErrTooLarge) && in.Limit > 1 {
			most = max(1, in.Limit/4) // of fewer at a time there may be room for some
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for i := range p.Chunks {
			c := &p.Chunks[i]
			if size += c.Size(); size > f.Uses.Limits().Answer && len(list) > 0 {
				id := f.Of.In.Keys.ID(c.Key, c.ID)
				return list, &id, nil
			}
			list = append(list, *c)
		}
		switch {
		case p.NextKey == "" && p.Next == 0:
			return list, nil, nil
		case len(list) >= n:
			next, err := f.first(ctx, in, p)
			return list, next, err
		}
		in.From, in.After, in.Skip = p.NextKey, p.Next, 0
	}
}

// first returns the id of the first point after a page; nil: there is none any more.
func (f *Finder) first(ctx context.Context, in app.List, p app.Page) (*collections.ID, error) {
	id := f.Of.In.Keys.ID(p.NextKey, 0)
	if p.NextKey != "" {
		return &id, nil
	}
	in.From, in.After, in.Skip, in.Limit, in.Fields = "", p.Next, 0, 1, 0
	after, err := f.Uses.List(ctx, in)
	if err != nil || len(after.Chunks) == 0 {
		return nil, err
	}
	id = f.Of.In.Keys.ID(after.Chunks[0].Key, after.Chunks[0].ID)
	return &id, nil
}
