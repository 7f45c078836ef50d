package app

import (
	"context"

	"github.com/memista/memista/internal/app/query"
)

// Search answers all queries, side by side. Every chunk that was acknowledged before the
// call is considered; each hit agrees with its row and with the filter. If k chunks that a
// filter selects are there, k come back.
func (s *Service) Search(ctx context.Context, in query.Search) (query.Found, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return query.Found{}, err
	}
	defer leave()
	if err := s.embedQueries(ctx, &in); err != nil {
		return query.Found{}, err
	}
	return s.query.Search(ctx, in)
}
