package memista

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Search returns the k chunks nearest to embedding, best first, or all there are if they
// are fewer. With o.Text, those with its words count too, or alone where embedding is
// nil. o may be nil.
func (db *DB) Search(ctx context.Context, id string, embedding []float32, k int, o *SearchOptions) ([]Hit, error) {
	lists, err := db.SearchMany(ctx, id, [][]float32{embedding}, k, o)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// SearchMany answers one search per embedding, side by side, in the order of embeddings.
// Queries that differ in more than their embeddings are for Query. o may be nil.
func (db *DB) SearchMany(ctx context.Context, id string, embeddings [][]float32, k int, o *SearchOptions) ([][]Hit, error) {
	if o == nil {
		o = &SearchOptions{}
	}
	filter, err := toFilter(o.Filter)
	if err != nil {
		return nil, err
	}
	in := app.Search{Database: id, Queries: make([]app.Query, len(embeddings))}
	if in.Fields, err = fields(o.Include); err != nil {
		return nil, err
	}
	for i, e := range embeddings {
		in.Queries[i] = app.Query{
			Embedding: e, Using: o.Using, NearText: o.NearText, Text: o.Text, AllWords: o.AllWords, Sparse: toSparseQuery(o.Sparse), Fusion: toFusion(o.Fusion),
			K: k, Offset: o.Offset, Filter: filter, MinScore: o.MinScore, Ef: o.Ef, Exact: o.Exact, Rerank: toRerank(o.Rerank), MMR: toMMR(o.MMR),
		}
	}
	found, err := db.svc.Search(ctx, in)
	if err != nil {
		return nil, err
	}
	return fromHits(found.Hits), nil
}

// Query answers several queries, each of its own kind, side by side and in the order of
// queries. o may be nil.
func (db *DB) Query(ctx context.Context, id string, queries []Query, o *QueryOptions) (Results, error) {
	if o == nil {
		o = &QueryOptions{}
	}
	began := time.Now()
	parts, err := fields(o.Include)
	if err != nil {
		return Results{}, err
	}
	in := app.Search{Database: id, Queries: make([]app.Query, len(queries)), Fields: parts}
	for i := range queries {
		if in.Queries[i], err = toQuery(&queries[i]); err != nil {
			return Results{}, domain.At(err, fmt.Sprintf("queries[%d]", i))
		}
		in.Queries[i].K = cmp.Or(queries[i].K, app.DefaultK)
	}
	found, err := db.svc.Search(ctx, in)
	if err != nil {
		return Results{}, err
	}
	out := Results{Hits: fromHits(found.Hits), Took: time.Since(began)}
	if o.Explain {
		out.Explain = make([]Explain, len(found.Explain))
		for i := range found.Explain {
			out.Explain[i] = fromExplain(&found.Explain[i], found.Hits[i])
		}
	}
	return out, nil
}

// toQuery returns q but for how many hits it asks for.
func toQuery(q *Query) (app.Query, error) {
	filter, err := toFilter(q.Filter)
	return app.Query{
		Embedding: q.Embedding, Using: q.Using, NearText: cmp.Or(q.NearText, q.Hybrid), Text: cmp.Or(q.Text, q.Hybrid), AllWords: q.AllWords, Sparse: toSparseQuery(q.Sparse), Fusion: toFusion(q.Fusion),
		Like: app.Ref{ID: q.ChunkID, Key: q.Key}, Offset: q.Offset, Filter: filter,
		MinScore: q.MinScore, Ef: q.Ef, Exact: q.Exact, Rerank: toRerank(q.Rerank), MMR: toMMR(q.MMR),
	}, err
}

// SearchGroups returns the best hits of each of the best values of a field of the metadata,
// which are those of the best hits, in that order. o may be nil.
func (db *DB) SearchGroups(ctx context.Context, id string, q Query, by string, o *GroupsOptions) ([]Group, error) {
	if o == nil {
		o = &GroupsOptions{}
	}
	if q.K != 0 {
		return nil, domain.Errorf(domain.ErrInvalid, "a query for groups has no K: the options say how many hits there are in each")
	}
	in := app.Groups{Database: id, By: by, Groups: o.Groups, Size: o.Size}
	var err error
	if in.Fields, err = fields(o.Include); err == nil {
		in.Query, err = toQuery(&q)
	}
	if err != nil {
		return nil, err
	}
	found, err := db.svc.SearchGroups(ctx, in)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(found))
	for i, g := range found {
		groups[i] = Group{Value: g.Value.Any(), Hits: fromHits([][]domain.Hit{g.Hits})[0]}
	}
	return groups, nil
}
