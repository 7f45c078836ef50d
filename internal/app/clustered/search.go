package clustered

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
)

// Search answers all queries, side by side. Each hit agrees with its row as that was found, and
// with the filter.
func (s *Service) Search(ctx context.Context, in app.Search) (app.Found, error) {
	fields := in.Fields
	tasks, err := s.rank.Plan(&in)
	if err != nil {
		return app.Found{}, err
	}
	found, err := s.find(ctx, in)
	if err == nil && tasks != nil {
		err = s.rank.Rank(ctx, tasks, fields, &found)
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
