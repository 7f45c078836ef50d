package app

import (
	"cmp"
	"context"
	"fmt"

	"github.com/memista/memista/internal/app/listing"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// DefaultList is how many chunks a List returns where it does not say.
const DefaultList = listing.DefaultLimit

// The orders of a List.
const (
	ByID  = listing.ByID
	ByKey = listing.ByKey
)

type (
	// List asks for chunks.
	List = listing.List
	// ListOrder is an order of chunks.
	ListOrder = listing.Order
	// Sort is the order of a field.
	Sort = listing.Sort
	// Page is a part of the chunks of a database.
	Page = listing.Page
)

// List returns the chunks that a filter selects, a page at a time. Each agrees with the
// filter as it is returned; one that changes while the pages are read may be missed.
func (s *Service) List(ctx context.Context, in List) (Page, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Page{}, err
	}
	defer leave()
	return through(ctx, s, in.Database, func(database string) (Page, error) {
		in.Database = database
		return s.lister.List(ctx, in)
	})
}

// DefaultSample is how many chunks a Sample returns where it does not say.
const DefaultSample = 10

// Sample asks for chunks at random.
type Sample struct {
	Database string
	Number   int64              // as in List
	Filter   *filterlang.Filter // nil: of all chunks
	N        int                // 0: DefaultSample
	Fields   domain.Fields
}

// Sample returns N of the chunks that a filter selects, or all if they are fewer: each as likely
// as any other, none twice, in random order.
func (s *Service) Sample(ctx context.Context, in Sample) ([]domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if in.N < 0 || in.N > s.limits.Results {
		return nil, domain.FieldErrorf(domain.ErrInvalid, "n", "must be between 1 and %d, got %d", s.limits.Results, in.N)
	}
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return nil, err
	}
	return through(ctx, s, in.Database, func(database string) ([]domain.Chunk, error) {
		info, err := s.findNumber(ctx, database, in.Number)
		if err != nil {
			return nil, err
		}
		chunks, err := s.query.Sample(ctx, info, in.Filter, cmp.Or(in.N, DefaultSample), in.Fields, s.random)
		if err != nil {
			return nil, fmt.Errorf("sample of %q: %w", database, err)
		}
		return chunks, nil
	})
}
