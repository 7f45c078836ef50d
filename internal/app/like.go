package app

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// liken gives the queries that name a stored chunk its vector.
func (s *Service) liken(ctx context.Context, db *database, in *Search) error {
	if !slices.ContainsFunc(in.Queries, func(q Query) bool { return q.Like != Ref{} }) {
		return nil
	}
	in.Queries = slices.Clone(in.Queries) // the caller's stay as they are
	for i := range in.Queries {
		q := &in.Queries[i]
		if q.Like == (Ref{}) {
			continue
		}
		c, err := s.chunkOf(ctx, db.state(), q.Like, domain.FieldEmbedding)
		if err != nil {
			return domain.At(err, in.place(i))
		}
		q.Embedding, q.Without = c.Embedding, c.ID
	}
	return nil
}
