package find

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/domain/ranking"
)

// Check refuses queries that, with their prefetches, are more than one request may have, or
// whose prefetches together ask for more points.
func (f *Finder) Check(list []decode.Query) error {
	limits := f.Uses.Limits()
	queries, points := len(list), 0
	var count func(q *decode.Query)
	count = func(q *decode.Query) {
		queries += len(q.Prefetch)
		for i := range q.Prefetch {
			p := &q.Prefetch[i]
			points += window{cmp.Or(p.Limit, decode.DefaultLimit), p.Offset}.most(limits.Results)
			count(p)
		}
	}
	for i := range list {
		count(&list[i])
	}
	switch {
	case queries > limits.Queries:
		return said.Wrong("%d searches and prefetches at once, at most %d are allowed", queries, limits.Queries)
	case points > limits.Hits:
		return domain.Errorf(domain.ErrTooLarge, "%d points asked for in the prefetches of one request, at most %d are allowed", points, limits.Hits)
	}
	return nil
}

// overPrefetches answers a query over what its prefetches find: they are fused, or scored
// again by what the query looks for. Its filter holds for them too.
func (f *Finder) overPrefetches(ctx context.Context, q *decode.Query, page window, fields domain.Fields) ([]Hit, error) {
	if q.Kind == decode.Scroll {
		return nil, said.Wrong("A query is needed to merge the prefetches. Can't have prefetches without defining a query")
	}
	if q.Kind != decode.Fusion {
		over := *q
		over.Prefetch, over.Exact = nil, true
		where, err := f.candidates(ctx, q)
		if err != nil {
			return nil, err
		}
		over.Filter = both(q.Filter, where)
		return f.Run(ctx, &over, fields)
	}
	lists := make([][]ranking.Scored, len(q.Prefetch))
	for i := range q.Prefetch {
		hits, err := f.prefetched(ctx, &q.Prefetch[i], q.Filter)
		if err != nil {
			return nil, err
		}
		lists[i] = f.scored(hits)
	}
	how := ranking.Method{Kind: ranking.ReciprocalRank, K: float64(q.Fuse.K), Weights: q.Fuse.Weights}
	if q.Fuse.Distribution {
		how.Kind = ranking.Distribution
	}
	if err := how.Check(len(lists)); err != nil {
		return nil, err
	}
	var fused []Hit
	for _, s := range ranking.Fuse(lists, how) {
		if q.Threshold == nil || s.Score > *q.Threshold {
			fused = append(fused, Hit{domain.Chunk{ID: s.ID}, s.Score})
		}
	}
	return f.filled(ctx, of(fused, page), fields)
}

// prefetched runs a prefetch within a filter, for ids and scores alone.
func (f *Finder) prefetched(ctx context.Context, p *decode.Query, where *filterlang.Filter) ([]Hit, error) {
	own := *p
	own.Filter = both(p.Filter, where)
	return f.Run(ctx, &own, 0)
}

// candidates is the filter of what the prefetches of q find. One that takes everything there
// is is that filter itself.
func (f *Finder) candidates(ctx context.Context, q *decode.Query) (*filterlang.Filter, error) {
	most := f.Uses.Limits().Results
	if p := &q.Prefetch[0]; len(q.Prefetch) == 1 && p.Kind == decode.Scroll && len(p.Prefetch) == 0 && p.Offset == 0 && p.Limit >= most {
		return p.Filter, nil
	}
	found := map[int64]bool{}
	for i := range q.Prefetch {
		list, err := f.prefetched(ctx, &q.Prefetch[i], q.Filter)
		if err != nil {
			return nil, err
		}
		for i := range list {
			found[list[i].ID] = true
		}
	}
	if len(found) > most { // the best may be any of them
		return nil, said.Wrong("the prefetches find %d points to score again, at most %d can be", len(found), most)
	}
	return chunkIDs(slices.Sorted(maps.Keys(found))), nil
}

// filled returns hits with the given fields of their chunks; those that have gone meanwhile
// are left out.
func (f *Finder) filled(ctx context.Context, hits []Hit, fields domain.Fields) ([]Hit, error) {
	refs := make([]domain.Ref, len(hits))
	scores := make(map[int64]float32, len(hits))
	for i := range hits {
		refs[i].ID = hits[i].ID
		scores[hits[i].ID] = hits[i].Score
	}
	if len(refs) == 0 {
		return nil, nil
	}
	var chunks []domain.Chunk
	limits, size := f.Uses.Limits(), int64(0)
	for part := range slices.Chunk(refs, limits.Chunks) {
		some, err := f.fetch(ctx, part, fields)
		if err != nil {
			return nil, err
		}
		for i := range some {
			size += some[i].Size()
		}
		if size > limits.Answer {
			return nil, domain.AnswerTooLarge(limits.Answer)
		}
		chunks = append(chunks, some...)
	}
	out := make([]Hit, len(chunks))
	for i := range chunks {
		out[i] = Hit{chunks[i], scores[chunks[i].ID]}
	}
	return out, nil
}

// scored returns hits with scores of which more is better.
func (f *Finder) scored(hits []Hit) []ranking.Scored {
	smaller := len(hits) > 1 && hits[0].Score < hits[len(hits)-1].Score
	list := make([]ranking.Scored, len(hits))
	for i := range hits {
		list[i] = ranking.Scored{ID: hits[i].ID, Score: hits[i].Score}
		if smaller { // is better
			list[i].Score = -list[i].Score
		}
	}
	return list
}
