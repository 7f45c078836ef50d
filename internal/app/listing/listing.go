package listing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// DefaultLimit is how many chunks a List returns where it does not say.
const DefaultLimit = 100

// Order is an order of chunks.
type Order uint8

// The orders of chunks.
const (
	ByID Order = iota
	// ByKey has the chunks without a key first, in the order of their ids, and then the others
	// by the bytes of their keys.
	ByKey
)

// List asks for chunks.
type List struct {
	Database string
	Number   int64 // that the database has: another one is ErrNotFound; 0: any
	Order    Order
	Sort     *Sort              // nil: as Order says
	After    int64              // only ids above it; ByKey of the chunks without a key; with Sort of those with From
	From     string             // ByKey: the first key; "" begins with the chunks without one
	Skip     int                // how many of the first ones to pass over
	Limit    int                // 0: DefaultLimit
	Whole    bool               // with Sort, Limit may be as large as the database: the caller bounds it
	Filter   *filterlang.Filter // nil: all
	Fields   domain.Fields
}

// Page is a part of the chunks of a database. The next one begins with From at NextKey if
// that is not "", else with After at Next if that is not 0; else this was the last one.
type Page struct {
	Chunks  []domain.Chunk
	Next    int64
	NextKey string

	// With Sort: the value that each chunk has its place by, and From of the next page, whose
	// After is Next then; nil: this was the last one.
	Values    []filterlang.Value
	NextValue *filterlang.Value
}

// Config is what a Lister is made of. All is needed.
type Config struct {
	Live   *live.Registry
	Query  *query.Searcher
	Keys   ports.KeyReader
	Limits domain.Limits
	Now    func() time.Time // the clock by which chunks expire
}

// Lister reads pages. It is safe for concurrent use.
type Lister struct{ Config }

// New returns a Lister over c.
func New(c Config) *Lister { return &Lister{c} }

// List returns the chunks that a filter selects, a page at a time. Each agrees with the
// filter as it is returned; one that changes while the pages are read may be missed.
func (l *Lister) List(ctx context.Context, in List) (Page, error) {
	if in.Limit == 0 {
		in.Limit = min(DefaultLimit, l.Limits.Results)
	}
	if err := l.check(&in); err != nil {
		return Page{}, err
	}
	info, err := l.Live.Find(ctx, in.Database)
	if err == nil {
		err = info.CheckNumber(in.Number)
	}
	if err != nil {
		return Page{}, err
	}
	var page Page
	switch {
	case in.Sort != nil:
		page, err = l.bySort(ctx, info, in)
	case in.Order == ByKey:
		page, err = l.byKey(ctx, info, in)
	default:
		page, err = l.byID(ctx, info, in)
	}
	if err != nil {
		return Page{}, fmt.Errorf("list %q: %w", in.Database, err)
	}
	return page, nil
}

func (l *Lister) check(in *List) error {
	switch {
	case in.Limit < 1 || in.Limit > l.Limits.Results && (!in.Whole || in.Sort == nil):
		return domain.Errorf(domain.ErrInvalid, "limit must be between 1 and %d, got %d", l.Limits.Results, in.Limit)
	case in.After < 0:
		return domain.Errorf(domain.ErrInvalid, "after must be at least 0, got %d", in.After)
	case in.Skip < 0:
		return domain.Errorf(domain.ErrInvalid, "skip must be at least 0, got %d", in.Skip)
	case in.Order > ByKey:
		return domain.Errorf(domain.ErrInvalid, "unknown order %d of chunks", in.Order)
	case in.Order != ByKey && in.From != "":
		return domain.Errorf(domain.ErrInvalid, "from is a key: it needs the order of keys, or a field to sort by")
	case in.From != "" && in.After != 0:
		return domain.Errorf(domain.ErrInvalid, "after and from exclude each other")
	}
	if err := errors.Join(domain.CheckKey(in.From), in.Sort.check(in)); err != nil {
		return err
	}
	return l.Query.CheckFilter(in.Filter)
}

// all reports whether in asks for all chunks.
func (in *List) all() bool { return in.Filter == nil || in.Filter.IsAll() }

// collector takes the chunks that a filter still selects, up to a limit and within the bytes
// that an answer may have.
type collector struct {
	in    *List
	most  int64
	size  int64
	page  []domain.Chunk
	taken int // of what was offered last
}

// take adds what in selects of chunks until the page is full.
func (c *collector) take(chunks []domain.Chunk) error {
	c.taken = 0
	for i := range chunks {
		if c.full() {
			return nil
		}
		c.taken++
		chunk := &chunks[i]
		if !c.in.Filter.Matches(chunk) {
			continue // it has changed since
		}
		chunk.KeepOnly(c.in.Fields)
		if c.size += chunk.Size(); c.size > c.most {
			return domain.AnswerTooLarge(c.most)
		}
		c.page = append(c.page, *chunk)
	}
	return nil
}

func (c *collector) full() bool { return len(c.page) == c.in.Limit }
