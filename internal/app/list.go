package app

import (
	"context"

	"github.com/memista/memista/internal/app/listing"
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
