package listing

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
)

// byKey returns a page in the order of keys.
func (l *Lister) byKey(ctx context.Context, info domain.Database, in List) (Page, error) {
	at := domain.KeySelection{After: in.After, From: in.From, Skip: in.Skip, Limit: in.Limit, At: l.Now(), MaxBytes: l.Limits.Answer}
	if in.all() {
		found, err := l.Keys.InKeyOrder(ctx, info, at, in.Fields)
		return pageOf(found.Chunks, found.Next), err
	}
	sel, err := l.Query.Select(ctx, info, in.Filter)
	if err != nil {
		return Page{}, err
	}
	find := l.walk(info, sel, in.Fields|in.Filter.Fields())
	if walkTooLong(&in, info.Chunks, sel.Len()) {
		if find, err = l.sorted(ctx, info, sel, in.Fields|in.Filter.Fields()); err != nil {
			return Page{}, err
		}
	}
	c := collector{in: &in, most: l.Limits.Answer, page: []domain.Chunk{}}
	for {
		found, err := find(ctx, at)
		if err == nil {
			err = c.take(found.Chunks)
		}
		if err != nil || found.Next == (domain.Ref{}) || c.full() {
			return pageOf(c.page, found.Next), err
		}
		at.From, at.After, at.Skip, at.Limit = found.Next.Key, max(0, found.Next.ID-1), 0, in.Limit-len(c.page)
	}
}

// pageOf returns a page behind which comes next.
func pageOf(chunks []domain.Chunk, next domain.Ref) Page {
	return Page{Chunks: chunks, NextKey: next.Key, Next: max(0, next.ID-1)}
}

// finder finds the selected chunks from a place on.
type finder func(ctx context.Context, at domain.KeySelection) (domain.KeyPage, error)

// sortCost is how many keys can be passed over in the time in which one chunk is looked up by
// its id and sorted.
const sortCost = 4

// maxSorted is how many chunks are sorted at most, which bounds the memory for it.
const maxSorted = 100_000

// walkTooLong reports whether going through the keys of total chunks, of which selected ones
// count, takes longer than sorting those by their keys.
func walkTooLong(in *List, total int64, selected int) bool {
	wanted := float64(in.Skip + in.Limit + 1)
	return selected <= maxSorted && wanted*float64(total) > sortCost*float64(selected)*float64(selected)
}

// walk goes through the keys and passes over what is not selected.
func (l *Lister) walk(info domain.Database, sel *query.Selection, fields domain.Fields) finder {
	return func(ctx context.Context, at domain.KeySelection) (domain.KeyPage, error) {
		at.Keep = sel.Contains
		return l.Keys.InKeyOrder(ctx, info, at, fields)
	}
}

// keysAtOnce is how many keys are read in one short transaction.
const keysAtOnce = 2048

// sorted sorts what is selected by its keys.
func (l *Lister) sorted(ctx context.Context, info domain.Database, sel *query.Selection, fields domain.Fields) (finder, error) {
	refs := make([]domain.Chunk, 0, sel.Len()) // with id and key only
	for ids := range sel.Pages(0, keysAtOnce) {
		some, err := l.Live.Chunks(ctx, info, domain.Selection{IDs: ids}, 0)
		if err != nil {
			return nil, err
		}
		refs = append(refs, some...)
	}
	slices.SortFunc(refs, inKeyOrder)
	return func(ctx context.Context, at domain.KeySelection) (page domain.KeyPage, err error) {
		from, _ := slices.BinarySearchFunc(refs, domain.Chunk{Key: at.From, ID: at.After + 1}, inKeyOrder)
		from = min(len(refs), from+at.Skip)
		to := min(len(refs), from+at.Limit)
		if to < len(refs) {
			page.Next = refOf(&refs[to])
		}
		ids := make([]int64, to-from)
		for i := range ids {
			ids[i] = refs[from+i].ID
		}
		page.Chunks, err = l.Live.Chunks(ctx, info, domain.Selection{IDs: ids, MaxBytes: at.MaxBytes}, fields)
		return page, err
	}, nil
}

// inKeyOrder compares two chunks by their keys, and those without one by their ids.
func inKeyOrder(a, b domain.Chunk) int {
	if a.Key == "" && b.Key == "" {
		return cmp.Compare(a.ID, b.ID)
	}
	return strings.Compare(a.Key, b.Key)
}

// refOf names c by its key, or by its id if it has none.
func refOf(c *domain.Chunk) domain.Ref {
	if c.Key != "" {
		return domain.Ref{Key: c.Key}
	}
	return domain.Ref{ID: c.ID}
}
