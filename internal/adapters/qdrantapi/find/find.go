// Package find answers the queries of the Qdrant API over the use cases: of vectors, words and
// examples, over prefetches, fused, diverse, in groups, ordered and at random.
package find

import (
	"context"
	"errors"
	"math"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// UseCases are what queries are answered with. They are safe for concurrent use.
type UseCases interface {
	Search(ctx context.Context, in app.Search) (app.Found, error)
	SearchGroups(ctx context.Context, in app.Groups) ([]app.Group, error)
	List(ctx context.Context, in app.List) (app.Page, error)
	Fetch(ctx context.Context, in app.Fetch) ([]domain.Chunk, error)
	Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error)
	Limits() app.Limits
}

// Collection is the collection that is searched.
type Collection struct {
	ID       string // of the database
	Number   int64  // of the database: another one with its id has other points
	Metric   domain.Metric
	Dims     int  // 0: there is no vector yet
	FullText bool // it can be searched by words
	Embedder bool // it makes embeddings of texts
	In       *decode.Collection
	Ranges   map[string]bool // paths of the fields by which points can be ordered; nil: all
}

// Finder answers queries about one collection.
type Finder struct {
	Uses UseCases
	Of   Collection
	// Observe, if not nil, is told how a search was answered.
	Observe func(*app.Found)
}

// Hit is a point that was found.
type Hit struct {
	domain.Chunk
	Score float32
}

// Run answers q with chunks that have fields.
func (f *Finder) Run(ctx context.Context, q *decode.Query, fields domain.Fields) ([]Hit, error) {
	page := window{limit: q.Limit, offset: q.Offset}
	if page.limit == 0 {
		page.limit = decode.DefaultLimit
	}
	if len(q.Prefetch) > 0 {
		return f.overPrefetches(ctx, q, page, fields)
	}
	switch q.Kind {
	case decode.Nearest:
		return f.nearest(ctx, q, page, fields)
	case decode.Recommend:
		return f.recommend(ctx, q, page, fields)
	case decode.OrderBy:
		return f.ordered(ctx, &q.Order, q.Filter, page, fields)
	case decode.Sample:
		return f.sample(ctx, q.Filter, page, fields, nil)
	case decode.Scroll:
		return f.scroll(ctx, q.Filter, page, fields)
	case decode.Fusion:
	}
	return nil, said.Wrong("Fusion queries must have prefetches")
}

// window is the part of a list that is asked for.
type window struct{ limit, offset int }

// most is how many entries of a list the window needs, at most bound.
func (w window) most(bound int) int {
	return int(min(int64(w.limit)+int64(w.offset), int64(bound)))
}

// of returns the entries of a list that are in the window.
func of[T any](list []T, w window) []T {
	list = list[min(w.offset, len(list)):]
	return list[:min(w.limit, len(list))]
}

// bound puts the window into in, and reports whether something can be in it. Where it is
// larger than a search may be, it goes up to the last point, and each is looked at.
func (f *Finder) bound(ctx context.Context, in *app.Query, w window) (ok bool, err error) {
	if most := f.Uses.Limits().Results; w.most(math.MaxInt) > most {
		n, err := f.Uses.Count(ctx, f.Of.ID, nil)
		if err != nil || int64(w.offset) >= n {
			return false, err
		}
		w.limit = int(min(int64(w.limit), n-int64(w.offset)))
		in.Whole, in.Exact = true, true
	}
	in.K, in.Offset = w.limit, w.offset
	return true, nil
}

// nearest answers a query for what is near to a target.
func (f *Finder) nearest(ctx context.Context, q *decode.Query, page window, fields domain.Fields) ([]Hit, error) {
	in := app.Query{Filter: q.Filter, Exact: q.Exact, Ef: min(q.Ef, f.Uses.Limits().Ef)}
	empty, err := f.aim(ctx, &in, q)
	if err != nil || empty {
		return nil, err
	}
	if ok, err := f.bound(ctx, &in, page); err != nil || !ok {
		return nil, err
	}
	if !f.diversity(&in, q) {
		return nil, nil
	}
	return f.search(ctx, in, q.Threshold, fields)
}

// aim puts the target of q into in, and reports whether nothing can be found.
func (f *Finder) aim(ctx context.Context, in *app.Query, q *decode.Query) (empty bool, err error) {
	t := &q.Target
	switch {
	case t.ByID && f.Of.In.Sparse[q.Using]:
		c, err := f.point(ctx, t.ID, domain.FieldSparse)
		if err != nil {
			return false, err
		}
		v, ok := c.Sparse[q.Using]
		in.Sparse, in.Without = &domain.SparseQuery{Name: q.Using, Vector: v}, c.ID
		return !ok, nil
	case t.ByID:
		sp := f.space(q.Using)
		c, err := f.point(ctx, t.ID, sp.fields)
		if err != nil {
			return false, err
		}
		in.Using, in.Embedding, in.Without = sp.using, sp.of(c), c.ID
		if len(in.Embedding) == 0 {
			return false, said.Wrong("Not existing vector name error: the point with id %s has no vector `%s`", t.ID, q.Using)
		}
	case t.Words != nil:
		if !f.Of.FullText {
			return false, said.Unsupported("this collection is not indexed by words: memista does that for collections which are created with sparse vectors, in builds with full text")
		}
		in.Text = plainWords(*t.Words)
	case t.Near != "":
		if !f.Of.Embedder {
			return false, said.Unsupported("this collection has no embedder: query it with a vector")
		}
		in.NearText = t.Near
	case t.Sparse != nil:
		in.Sparse = &domain.SparseQuery{Name: q.Using, Vector: t.Sparse[""]}
	default:
		sp := f.space(q.Using)
		in.Using, in.Embedding = sp.using, t.Dense
		return sp.check(t.Dense)
	}
	return false, nil
}

// point returns a stored point, or the error for one that is not there.
func (f *Finder) point(ctx context.Context, id collections.ID, fields domain.Fields) (*domain.Chunk, error) {
	found, err := f.Points(ctx, []collections.ID{id}, fields)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, said.NoPoint(id)
	}
	return &found[0], nil
}

// fetch returns the chunks that refs name.
func (f *Finder) fetch(ctx context.Context, refs []app.Ref, fields domain.Fields) ([]domain.Chunk, error) {
	return f.Uses.Fetch(ctx, app.Fetch{Database: f.Of.ID, Number: f.Of.Number, Refs: refs, Fields: fields})
}

// Points returns the stored points with the given ids, each once, in their order.
func (f *Finder) Points(ctx context.Context, ids []collections.ID, fields domain.Fields) ([]domain.Chunk, error) {
	refs := make([]app.Ref, len(ids))
	for i, id := range ids {
		refs[i].Key = f.Of.In.Keys.Key(id)
	}
	found, err := f.fetch(ctx, refs, fields)
	if err != nil || len(found) == len(ids) {
		return found, err
	}
	// By their text, in which two spellings of a UUID are one.
	byID := make(map[string]domain.Chunk, len(ids))
	nameOf := func(c *domain.Chunk) string { return f.Of.In.Keys.ID(c.Key, c.ID).String() }
	for i := range found {
		byID[nameOf(&found[i])] = found[i]
	}
	refs = refs[:0]
	for _, id := range ids {
		if _, ok := byID[id.String()]; !ok {
			refs = append(refs, f.Of.In.Keys.Fallback(id)...)
		}
	}
	if len(refs) == 0 {
		return found, nil
	}
	others, err := f.fetch(ctx, refs, fields)
	if err != nil || len(others) == 0 {
		return found, err
	}
	for i := range others {
		if name := nameOf(&others[i]); byID[name].ID == 0 {
			byID[name] = others[i]
		}
	}
	found = found[:0]
	for _, id := range ids {
		if c, ok := byID[id.String()]; ok {
			delete(byID, id.String())
			found = append(found, c)
		}
	}
	return found, nil
}

// search answers one query by the index.
func (f *Finder) search(ctx context.Context, in app.Query, threshold *float32, fields domain.Fields) ([]Hit, error) {
	if threshold != nil && !f.bySmaller(&in) {
		in.MinScore = threshold
	}
	ask := app.Search{Database: f.Of.ID, Number: f.Of.Number, Queries: []app.Query{in}, Fields: fields}
	if domain.DefaultFields.Has(fields) && in.K+in.Offset <= pageSize {
		ask.Fields = domain.DefaultFields // whole rows are in memory more often than parts of them
	}
	found, err := f.Uses.Search(ctx, ask)
	if errors.Is(err, domain.ErrTooLarge) && ask.Fields != fields {
		ask.Fields = fields
		found, err = f.Uses.Search(ctx, ask)
	}
	if errors.Is(err, domain.ErrZeroVector) { // it is near to nothing, and as far from all
		return f.scroll(ctx, in.Filter, window{in.K, in.Offset}, fields)
	}
	if err != nil {
		return nil, err
	}
	if f.Observe != nil {
		f.Observe(&found)
	}
	return f.hitsOf(&in, found.Hits[0], threshold), nil
}

// ownScores reports whether hits of in have the scores of words or of a sparse vector.
func ownScores(in *app.Query) bool { return in.Text != "" || in.Sparse != nil }

// bySmaller reports whether of the scores of Qdrant for hits of in the smaller is the better.
func (f *Finder) bySmaller(in *app.Query) bool {
	return !ownScores(in) && f.space(in.Using).metric == domain.L2
}

// hitsOf returns hits of in with the scores of Qdrant, without those that do not pass the
// threshold, if there is one.
func (f *Finder) hitsOf(in *app.Query, list []domain.Hit, threshold *float32) []Hit {
	hits := make([]Hit, 0, len(list))
	metric, own, smaller := f.space(in.Using).metric, ownScores(in), f.bySmaller(in)
	for i := range list {
		h := &list[i]
		score := h.Score
		if !own {
			score = encode.Score(metric, h)
		}
		if threshold != nil && !passes(score, *threshold, smaller) {
			continue
		}
		hits = append(hits, Hit{h.Chunk, score})
	}
	return hits
}

// passes reports whether a score is better than a threshold.
func passes(score, threshold float32, smaller bool) bool {
	if smaller { // is better
		return score < threshold
	}
	return score > threshold
}

// plainWords returns a text in which no character has a meaning beside its words.
func plainWords(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c == '"' || c == '*' {
			b[i] = ' '
		}
	}
	if len(b) > domain.MaxTextLength {
		b = b[:domain.MaxTextLength]
	}
	return string(b)
}

// both is the filter of what two filters select.
func both(a, b *filterlang.Filter) *filterlang.Filter {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &filterlang.Filter{Op: filterlang.And, Sub: []filterlang.Filter{*a, *b}}
}

// chunkIDs is the filter of the chunks with the given ids.
func chunkIDs(ids []int64) *filterlang.Filter {
	if len(ids) == 0 {
		f := filter.Nothing()
		return &f
	}
	values := make([]filterlang.Value, len(ids))
	for i, id := range ids {
		values[i] = filterlang.Int(id)
	}
	f := filterlang.AnyOf(filterlang.Field{Source: filterlang.ChunkID}, values...)
	return &f
}
