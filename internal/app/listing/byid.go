package listing

import (
	"context"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// byID returns a page in the order of ids.
func (l *Lister) byID(ctx context.Context, info domain.Database, in List) (Page, error) {
	if in.all() {
		return l.allByID(ctx, info, in)
	}
	sel, err := l.Query.Select(ctx, info, in.Filter)
	if err != nil {
		return Page{}, err
	}
	c := collector{in: &in, most: l.Limits.Answer, page: []domain.Chunk{}}
	for ids := range sel.Pages(sel.Skip(in.After, in.Skip), in.Limit) {
		chunks, err := l.Live.Chunks(ctx, info, domain.Selection{IDs: ids, MaxBytes: l.Limits.Answer}, in.Fields|in.Filter.Fields())
		if err == nil {
			err = c.take(chunks)
		}
		if err != nil {
			return Page{}, err
		}
		if c.full() {
			last := c.page[in.Limit-1].ID
			more, err := l.follows(ctx, info, sel, in.Filter, last)
			if !more {
				last = 0
			}
			return Page{Chunks: c.page, Next: last}, err
		}
	}
	return Page{Chunks: c.page}, nil
}

// allByID is byID of all chunks.
func (l *Lister) allByID(ctx context.Context, info domain.Database, in List) (Page, error) {
	chunks, err := l.Live.Chunks(ctx, info, domain.Selection{After: in.After, Skip: in.Skip, Limit: in.Limit, MaxBytes: l.Limits.Answer}, in.Fields)
	if err != nil || len(chunks) < in.Limit {
		return Page{Chunks: chunks}, err
	}
	last := chunks[len(chunks)-1].ID
	after, err := l.Live.Chunks(ctx, info, domain.Selection{After: last, Limit: 1}, 0)
	if err != nil || len(after) == 0 {
		return Page{Chunks: chunks}, err
	}
	return Page{Chunks: chunks, Next: last}, nil
}

// follows reports whether f selects a chunk with an id above after.
func (l *Lister) follows(ctx context.Context, info domain.Database, sel *query.Selection, f *filterlang.Filter, after int64) (bool, error) {
	for ids := range sel.Pages(after, 1) {
		chunks, err := l.Live.Chunks(ctx, info, domain.Selection{IDs: ids}, f.Fields())
		if err != nil {
			return false, err
		}
		if len(chunks) > 0 && f.Matches(&chunks[0]) {
			return true, nil
		}
	}
	return false, nil
}
