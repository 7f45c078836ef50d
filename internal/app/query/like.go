package query

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
)

// resolveStored gives the queries that name a stored chunk its vector, and reports whether
// one does.
func (s *Searcher) resolveStored(ctx context.Context, db *live.Database, in *Search) (named bool, err error) {
	if !slices.ContainsFunc(in.Queries, func(q Query) bool { return q.Like != domain.Ref{} }) {
		return false, nil
	}
	in.Queries = slices.Clone(in.Queries) // the caller's stay as they are
	for i := range in.Queries {
		q := &in.Queries[i]
		if q.Like == (domain.Ref{}) {
			continue
		}
		c, err := s.live.Chunk(ctx, db.State(), q.Like, q.vectorField())
		if err != nil {
			return true, domain.At(err, Place(i))
		}
		set := db.State().Settings
		if q.Using != "" {
			of, err := set.Vectors.Find(q.Using)
			if err != nil {
				return true, domain.At(err, Place(i))
			}
			set = set.Using(of)
		}
		if !set.Searchable(q.vectorOf(&c)) {
			return true, domain.At(q.Like.NoEmbedding(), Place(i))
		}
		q.Embedding, q.Without = q.vectorOf(&c), c.ID
	}
	return true, nil
}
