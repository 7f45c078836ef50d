package clustered

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/waiting"
)

// Search answers all queries, side by side. Each hit agrees with its row as that was found, and
// with the filter.
func (s *Service) Search(ctx context.Context, in app.Search) (app.Found, error) {
	fields := in.Fields
	tasks, err := s.planRerank(&in)
	if err != nil {
		return app.Found{}, err
	}
	found, err := s.find(ctx, in)
	if err == nil && tasks != nil {
		err = s.rerank(ctx, tasks, fields, &found)
	}
	if err != nil {
		return app.Found{}, err
	}
	return found, nil
}

// find answers in, whose texts get embeddings.
func (s *Service) find(ctx context.Context, in app.Search) (app.Found, error) {
	if err := s.query.Check(&in); err != nil {
		return app.Found{}, err
	}
	began := time.Now()
	found, err := on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (app.Found, error) {
		asked := in
		if err := s.embedQueries(ctx, e, &asked); err != nil {
			return app.Found{}, err
		}
		found, err := s.answer(ctx, e, s.query.Widened(asked))
		if err == nil {
			err = query.Diversify(ctx, &asked, &e.Settings, &found)
		}
		return found, err
	})
	if err != nil {
		return app.Found{}, fmt.Errorf("search in %q: %w", in.Database, err)
	}
	for i := range found.Explain {
		found.Explain[i].Times.Total = time.Since(began)
	}
	return found, nil
}

// embedQueries gives every query that asks for what is near a text the embedding of that.
func (s *Service) embedQueries(ctx context.Context, e *catalog.Entry, in *app.Search) error {
	var asked []int
	for i := range in.Queries {
		if in.Queries[i].NearText != "" {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	return s.embed.Queries(ctx, e.Database, in, asked)
}

// sideBySide is how many queries of a search are asked at once.
const sideBySide = 8

// answer answers the queries of in.
func (s *Service) answer(ctx context.Context, e *catalog.Entry, in app.Search) (app.Found, error) {
	found := app.Found{Hits: make([][]domain.Hit, len(in.Queries)), Explain: make([]domain.Explain, len(in.Queries))}
	lookups := make([]*lookup, len(in.Queries))
	for i := range in.Queries {
		l, err := s.lookup(e, &in.Queries[i], in.Fields)
		if err != nil {
			return app.Found{}, domain.At(err, query.Place(i))
		}
		l.explain = &found.Explain[i]
		lookups[i] = l
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for i, l := range lookups {
		g.Go(func() (err error) {
			if found.Hits[i], err = l.run(inner); err != nil && !errors.Is(err, context.Canceled) {
				if _, ours := errors.AsType[*domain.Error](err); ours {
					err = domain.At(err, query.Place(i))
				}
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return app.Found{}, err
	}
	return found, s.bound(found.Hits)
}

// bound refuses hits of more bytes than an answer may have.
func (s *Service) bound(lists [][]domain.Hit) error {
	size := int64(0)
	for _, hits := range lists {
		for i := range hits {
			if size += hits[i].Size(); size > s.limits.Answer {
				return domain.AnswerTooLarge(s.limits.Answer)
			}
		}
	}
	return nil
}

// SearchGroups returns the best chunks of each of the best values of a field; see query.Groups.
func (s *Service) SearchGroups(ctx context.Context, in app.Groups) ([]app.Group, error) {
	in.Query.K = max(in.Query.K, 1)
	groups, err := query.GroupsOf(ctx, in, s.limits, s.find)
	if e, ok := errors.AsType[*domain.Error](err); ok && strings.HasPrefix(e.Place, "queries[") {
		own := *e
		own.Place = "query"
		return nil, &own
	}
	return groups, err
}

// planRerank has the search of each query that is to be ranked again find what is to be ranked,
// in a copy, and returns what is done with it then; nil where there is nothing to do.
func (s *Service) planRerank(in *app.Search) ([]*rerank.Task, error) {
	if !slices.ContainsFunc(in.Queries, func(q app.Query) bool { return q.Rerank != nil }) {
		return nil, nil
	}
	if err := s.query.Check(in); err != nil {
		return nil, err
	}
	in.Queries = slices.Clone(in.Queries)
	tasks := make([]*rerank.Task, len(in.Queries))
	for i := range in.Queries {
		q := &in.Queries[i]
		if q.Rerank == nil {
			continue
		}
		top, task, err := s.rank.Plan(*q.Rerank, q.K, q.Offset, s.limits.Results, q.NearText, q.Text)
		if err != nil {
			return nil, domain.At(err, query.Place(i))
		}
		task.MinScore = q.MinScore
		q.K, q.Offset, q.MinScore, tasks[i] = top, 0, nil, &task
	}
	in.Fields |= domain.FieldText
	return tasks, nil
}

// rerank ranks the hits of the queries that have a task, side by side, and leaves of all hits
// the fields that were asked for.
func (s *Service) rerank(ctx context.Context, tasks []*rerank.Task, fields domain.Fields, found *app.Found) error {
	err := waiting.For(ctx, func() error {
		g, inner := errgroup.WithContext(ctx)
		for i, task := range tasks {
			if task == nil {
				continue
			}
			g.Go(func() (err error) {
				e := &found.Explain[i]
				found.Hits[i], err = s.rank.Rank(inner, *task, found.Hits[i], e)
				e.Times.Total += e.Times.Rerank
				return err
			})
		}
		return g.Wait()
	})
	for _, hits := range found.Hits {
		for j := range hits {
			hits[j].KeepOnly(fields)
		}
	}
	return err
}
