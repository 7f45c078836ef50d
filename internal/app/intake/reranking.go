package intake

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/waiting"
)

// Reranking ranks the hits of searches again. It is safe for concurrent use.
type Reranking struct {
	Ranker  *rerank.Ranker
	Check   func(in *query.Search) error // refuses what a search would refuse in any case
	Results int                          // hits that a query may have at most
}

// Plan has the search of each query that is to be ranked again find what is to be
// ranked, in a copy, and returns what is done with it then; nil for queries, or in all, where
// there is nothing to do. What the search would refuse in any case is refused before an
// embedder or the search itself has work with it.
func (r Reranking) Plan(in *query.Search) ([]*rerank.Task, error) {
	wanted := false
	for i := range in.Queries {
		wanted = wanted || in.Queries[i].Rerank != nil
	}
	if !wanted {
		return nil, nil
	}
	if err := r.Check(in); err != nil {
		return nil, err
	}
	in.Queries = slices.Clone(in.Queries)
	tasks := make([]*rerank.Task, len(in.Queries))
	for i := range in.Queries {
		q := &in.Queries[i]
		if q.Rerank == nil {
			continue
		}
		top, task, err := r.Ranker.Plan(*q.Rerank, q.K, q.Offset, r.Results, q.NearText, q.Text)
		if err != nil {
			return nil, domain.At(err, query.Place(i))
		}
		task.MinScore = q.MinScore
		q.K, q.Offset, q.MinScore, tasks[i] = top, 0, nil, &task
	}
	in.Fields |= domain.FieldText
	return tasks, nil
}

// Rank ranks the hits of the queries that have a task, side by side, and leaves of all hits
// the fields that were asked for.
func (r Reranking) Rank(ctx context.Context, tasks []*rerank.Task, fields domain.Fields, found *query.Found) error {
	err := waiting.For(ctx, func() error {
		g, inner := errgroup.WithContext(ctx)
		for i, task := range tasks {
			if task == nil {
				continue
			}
			g.Go(func() (err error) {
				e := &found.Explain[i]
				found.Hits[i], err = r.Ranker.Rank(inner, *task, found.Hits[i], e)
				e.Times.Total += e.Times.Rerank
				return err
			})
		}
		return g.Wait()
	})
	if err != nil {
		return err
	}
	for _, hits := range found.Hits {
		for j := range hits {
			hits[j].KeepOnly(fields)
		}
	}
	return nil
}
