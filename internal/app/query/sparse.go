package query

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/domain"
)

// bySparse finds the k best chunks by the sparse vector of query i.
func (s *Searcher) bySparse(ctx context.Context, db *live.Database, a *attempt, i int, q *Query, k int, allow *Selection) ([]domain.SparseMatch, error) {
	began, e := time.Now(), &a.explain[i]
	asked := sparse.Query{Vector: q.Sparse.Vector, IDF: a.plans[i].idf, K: k, Now: s.now()}
	if allow != nil {
		asked.Allow = allow
	}
	found, err := db.SparseIndex().Search(ctx, q.Sparse.Name, asked, sparseRows{s, a.info})
	if err != nil {
		return nil, err
	}
	a.weights[i] = found.Weights
	e.Times.Sparse += time.Since(began)
	e.Sparse = domain.SparseWork{
		Name: q.Sparse.Name, Entries: len(q.Sparse.Vector.Indices), Visited: e.Sparse.Visited + found.Visited, Found: len(found.Matches),
	}
	return found.Matches, nil
}

// sparseRows is the rows of one life of a database, for its sparse index.
type sparseRows struct {
	s    *Searcher
	info domain.Database
}

var _ sparse.Rows = sparseRows{}

// pageBytes bounds the sparse vectors that are read at once.
const pageBytes = 16 << 20

// Vectors implements sparse.Rows.
func (r sparseRows) Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
	sel := domain.Selection{After: after, Limit: limit}
	if limit > 1 { // one is as large as it was let in
		sel.MaxBytes = pageBytes
	}
	return r.s.repo.Chunks(ctx, r.info, sel, domain.FieldSparse)
}
