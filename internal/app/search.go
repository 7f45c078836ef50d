package app

import (
	"context"
	"errors"
	"slices"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
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
	if db.Embedder.Provider == "" {
		return domain.At(domain.Errorf(domain.ErrInvalid, "Database '%s' has no embedder: search it with an embedding, or by words", db.ID), query.Place(asked[0]))
	}
	embedder, model, err := s.embed.of(ctx, db)
	if err != nil {
		return err
	}
	in.Queries = slices.Clone(in.Queries)
	return embedAsked(ctx, embedder, model, in.Queries, asked)
}

// embedAsked makes the embeddings of the queries whose places are asked.
func embedAsked(ctx context.Context, embedder ports.Embedder, model domain.Model, queries []query.Query, asked []int) error {
	for len(asked) > 0 {
		list := make([]string, len(asked))
		for k, i := range asked {
			list[k] = queries[i].NearText
		}
		made, err := embedder.Embed(ctx, list, ports.PurposeQuery)
		if at, ok := goesByWords(err, queries, asked); ok {
			queries[asked[at]].NearText = ""
			asked = slices.Delete(asked, at, at+1)
			continue
		}
		if err != nil {
			return placed(err, asked, query.Place)
		}
		for k, i := range asked {
			q := &queries[i]
			q.Embedding, q.NearText = made[k], ""
			if q.Text != "" && q.Fusion == (domain.Fusion{}) {
				q.Fusion = domain.HybridFusion(model.VectorShare)
			}
		}
		return nil
	}
	return nil
}

// goesByWords returns which of the asked queries has a text that the embedder does not take,
// as err says; ok is false if that is not what err says, or the query has no words either.
func goesByWords(err error, queries []query.Query, asked []int) (at int, ok bool) {
	at, ok = embedding.Place(err)
	ok = ok && at < len(asked) && errors.Is(err, domain.ErrInvalid)
	return at, ok && queries[asked[at]].Text != ""
}
