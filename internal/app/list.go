package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
)

// DefaultList is how many chunks a List returns where it does not say.
const DefaultList = 100

// List asks for chunks in the order of their ids.
type List struct {
	Database string
	After    int64              // only ids above it
	Limit    int                // 0: DefaultList
	Filter   *filterlang.Filter // nil: all
	Fields   domain.Fields
}

// Page is a part of the chunks of a database.
type Page struct {
	Chunks []domain.Chunk
	Next   int64 // After of the next page; 0: this was the last one
}

// List returns the chunks that a filter selects, a page at a time. Each agrees with the
// filter as it is returned; one that changes while the pages are read may be missed.
func (s *Service) List(ctx context.Context, in List) (Page, error) {
	return through(ctx, s, in.Database, func(database string) (Page, error) {
		in.Database = database
		return s.list(ctx, in)
	})
}

func (s *Service) list(ctx context.Context, in List) (Page, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Page{}, err
	}
	defer leave()
	if in.Limit == 0 {
		in.Limit = min(DefaultList, s.limits.Results)
	}
	if in.Limit < 1 || in.Limit > s.limits.Results {
		return Page{}, domain.Errorf(domain.ErrInvalid, "limit must be between 1 and %d, got %d", s.limits.Results, in.Limit)
	}
	if in.After < 0 {
		return Page{}, domain.Errorf(domain.ErrInvalid, "after must be at least 0, got %d", in.After)
	}
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return Page{}, err
	}
	info, err := s.live.Find(ctx, in.Database)
	if err != nil {
		return Page{}, err
	}
	page, err := s.page(ctx, info, in)
	if err != nil {
		return Page{}, fmt.Errorf("list %q: %w", in.Database, err)
	}
	return page, nil
}

func (s *Service) page(ctx context.Context, info domain.Database, in List) (Page, error) {
	if in.Filter == nil || in.Filter.IsAll() {
		chunks, err := s.live.Chunks(ctx, info, domain.Selection{After: in.After, Limit: in.Limit, MaxBytes: s.limits.Answer}, in.Fields)
		if err != nil || len(chunks) < in.Limit {
			return Page{Chunks: chunks}, err
		}
		last := chunks[len(chunks)-1].ID
		after, err := s.live.Chunks(ctx, info, domain.Selection{After: last, Limit: 1}, 0)
		if err != nil || len(after) == 0 {
			return Page{Chunks: chunks}, err
		}
		return Page{Chunks: chunks, Next: last}, nil
	}
	sel, err := s.query.Select(ctx, info, in.Filter)
	if err != nil {
		return Page{}, err
	}
	page, size := Page{Chunks: []domain.Chunk{}}, int64(0)
	for ids := range sel.Pages(in.After, in.Limit) {
		chunks, err := s.live.Chunks(ctx, info, domain.Selection{IDs: ids, MaxBytes: s.limits.Answer}, in.Fields|in.Filter.Fields())
		if err != nil {
			return Page{}, err
		}
		for i := range chunks {
			c := &chunks[i]
			if !in.Filter.Matches(c) {
				continue // it has changed since
			}
			c.KeepOnly(in.Fields)
			if size += c.Size(); size > s.limits.Answer {
				return Page{}, domain.AnswerTooLarge(s.limits.Answer)
			}
			page.Chunks = append(page.Chunks, *c)
			if len(page.Chunks) == in.Limit {
				more, err := s.follows(ctx, info, sel, in.Filter, c.ID)
				if more {
					page.Next = c.ID
				}
				return page, err
			}
		}
	}
	return page, nil
}

// follows reports whether f selects a chunk with an id above after.
func (s *Service) follows(ctx context.Context, info domain.Database, sel *query.Selection, f *filterlang.Filter, after int64) (bool, error) {
	for ids := range sel.Pages(after, 1) {
		chunks, err := s.live.Chunks(ctx, info, domain.Selection{IDs: ids}, f.Fields())
		if err != nil {
			return false, err
		}
		if len(chunks) > 0 && f.Matches(&chunks[0]) {
			return true, nil
		}
	}
	return false, nil
}
