package app

import (
	"context"
	"errors"
	"strings"

	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
)

// Search answers all queries, side by side. Every chunk that was acknowledged before the
// call is considered; each hit agrees with its row and with the filter. If k chunks that a
// filter selects are there, k come back.
func (s *Service) Search(ctx context.Context, in query.Search) (query.Found, error) {
	return through(ctx, s, in.Database, func(database string) (query.Found, error) {
		at := in
		at.Database = database
		return s.search(ctx, at)
	})
}

func (s *Service) search(ctx context.Context, in query.Search) (query.Found, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return query.Found{}, err
	}
	defer leave()
	fields := in.Fields
	tasks, err := s.rank.Plan(&in)
	if err != nil {
		return query.Found{}, err
	}
	found, err := s.find(ctx, in)
	if err == nil && tasks != nil {
		err = s.rank.Rank(ctx, tasks, fields, &found)
	}
	if err != nil {
		return query.Found{}, err
	}
	return found, nil
}

// find answers in, whose questions are embedded again if the database gets another embedder
// meanwhile.
func (s *Service) find(ctx context.Context, in query.Search) (query.Found, error) {
	for {
		asked := in
		if err := s.embedQueries(ctx, &asked); err != nil {
			return query.Found{}, err
		}
		found, err := s.query.Search(ctx, asked)
		if !errors.Is(err, query.ErrOtherModel) {
			return found, err
		}
	}
}

// SearchGroups returns the best chunks of each of the best values of a field; see query.Groups.
func (s *Service) SearchGroups(ctx context.Context, in query.Groups) ([]query.Group, error) {
	return through(ctx, s, in.Database, func(database string) ([]query.Group, error) {
		leave, err := s.live.Enter()
		if err != nil {
			return nil, err
		}
		defer leave()
		for {
			one := query.Search{Database: database, Queries: []query.Query{in.Query}}
			one.Queries[0].K = query.DefaultK
			if err := s.embedQueries(ctx, &one); err != nil {
				return nil, ofOneQuery(err)
			}
			at := in
			at.Database, at.Query, at.Embedder = database, one.Queries[0], one.Embedder
			groups, err := s.query.Groups(ctx, at)
			if !errors.Is(err, query.ErrOtherModel) {
				return groups, ofOneQuery(err)
			}
		}
	})
}

// ofOneQuery names the only query of a call in err, where a search has named one of its list.
func ofOneQuery(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || !strings.HasPrefix(e.Place, "queries[") {
		return err
	}
	own := *e
	own.Place = "query"
	return &own
}

// embedQueries gives every query that asks for what is near a text the embedding of that,
// in a copy: the caller's queries stay as they are. One that asks for words too, and does not
// say how both lists become one, has it said by the model; if the model makes no embedding of
// its text it goes on by words. What the search would refuse in any case is refused before an
// embedder, which may cost money, has work with it.
func (s *Service) embedQueries(ctx context.Context, in *query.Search) error {
	var asked []int
	for i := range in.Queries {
		if in.Queries[i].NearText != "" {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	if err := s.query.Check(in); err != nil {
		return err
	}
	db, err := s.live.Describe(ctx, in.Database)
	if err != nil {
		return err
	}
	return s.embed.Queries(ctx, db, in, asked)
}
