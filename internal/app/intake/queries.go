package intake

import (
	"context"
	"errors"
	"slices"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Queries gives the queries of in at the places asked, which have a NearText, the embedding of
// that by the embedder of db, in a copy.
func (e Embedding) Queries(ctx context.Context, db domain.Database, in *query.Search, asked []int) error {
	if db.Embedder.Provider == "" {
		return domain.At(domain.Errorf(domain.ErrInvalid, "Database '%s' has no embedder: search it with an embedding, or by words", db.ID), query.Place(asked[0]))
	}
	embedder, model, err := e.Of(ctx, db)
	if err != nil {
		return err
	}
	in.Queries, in.Embedder = slices.Clone(in.Queries), db.Embedder
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
			if q.Text != "" && q.Sparse == nil && q.Fusion == (domain.Fusion{}) {
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
