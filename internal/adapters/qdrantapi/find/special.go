package find

import (
	"context"
	"math/rand/v2"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// diversity puts what q says of it into in, within what a search takes, and reports whether
// something can be found.
func (f *Finder) diversity(in *app.Query, q *decode.Query) bool {
	if q.MMR == nil || in.Text != "" || in.Sparse != nil {
		return true
	}
	most := min(domain.MaxMMRCandidates, f.Uses.Limits().Results)
	in.MMR = &domain.MMR{Diversity: q.MMR.Diversity, Candidates: min(q.MMR.Candidates, most)}
	in.K, in.Whole = min(in.K, most-in.Offset), false
	return in.K > 0
}

// recommend answers a query by examples: what is near to the mean of the positive ones, moved
// away from the negative ones, without the examples themselves.
func (f *Finder) recommend(ctx context.Context, q *decode.Query, page window, fields domain.Fields) ([]Hit, error) {
	in, empty, err := f.byExamples(ctx, q)
	if err != nil || empty {
		return nil, err
	}
	if ok, err := f.bound(ctx, &in, page); err != nil || !ok {
		return nil, err
	}
	return f.search(ctx, in, q.Threshold, fields)
}

// byExamples returns the query by the examples of q, and whether nothing can be found.
func (f *Finder) byExamples(ctx context.Context, q *decode.Query) (in app.Query, empty bool, err error) {
	if len(q.Positive) == 0 {
		return in, false, said.Wrong("At least one positive vector must be specified with this strategy")
	}
	var stored []int64
	sp := f.space(q.Using)
	positive, err := f.examples(ctx, &sp, q.Positive, &stored)
	if err != nil || sp.dims == 0 {
		return in, true, err
	}
	target := mean(positive)
	if len(q.Negative) > 0 {
		negative, err := f.examples(ctx, &sp, q.Negative, &stored)
		if err != nil {
			return in, false, err
		}
		away := mean(negative)
		for i := range target {
			target[i] += target[i] - away[i]
		}
	}
	in = app.Query{Using: sp.using, Embedding: target, Filter: q.Filter, Exact: q.Exact, Ef: min(q.Ef, f.Uses.Limits().Ef)}
	if len(stored) > 0 {
		in.Filter = both(q.Filter, &filterlang.Filter{Op: filterlang.Not, Sub: []filterlang.Filter{*chunkIDs(stored)}})
	}
	return in, false, nil
}

// examples returns the vectors of targets, and adds the chunks of those that are stored.
func (f *Finder) examples(ctx context.Context, sp *space, list []decode.Target, stored *[]int64) ([][]float32, error) {
	out := make([][]float32, len(list))
	for i := range list {
		t := &list[i]
		switch {
		case t.ByID:
			c, err := f.point(ctx, t.ID, sp.fields)
			if err != nil {
				return nil, err
			}
			if out[i] = sp.of(c); len(out[i]) == 0 {
				return nil, said.Wrong("the point with id %s has no vector", t.ID)
			}
			*stored = append(*stored, c.ID)
		case t.Dense != nil:
			if _, err := sp.check(t.Dense); err != nil {
				return nil, err
			}
			out[i] = t.Dense
		default:
			return nil, said.Unsupported("memista recommends by vectors and stored points only")
		}
		if sp.metric == domain.Cosine {
			out[i] = unit(out[i])
		}
	}
	return out, nil
}

// sample answers with random points, in random order: of those whose vectors keep takes, if it
// is not nil.
func (f *Finder) sample(ctx context.Context, where *filterlang.Filter, page window, fields domain.Fields, keep func(*domain.Chunk) bool) ([]Hit, error) {
	var looked domain.Fields
	if keep != nil {
		looked = fields
	}
	n := page.most(MaxOrdered + 1)
	kept := make([]Hit, 0, min(n, pageSize))
	seen := 0
	err := f.each(ctx, where, looked, func(c *domain.Chunk) {
		if keep != nil {
			if !keep(c) {
				return
			}
			c.KeepOnly(0) // they are read again of those that are kept
		}
		// Algorithm R: each chunk so far is among the kept ones with the same probability.
		seen++
		if len(kept) < n {
			kept = append(kept, Hit{Chunk: *c})
		} else if at := rand.IntN(seen); at < n {
			kept[at] = Hit{Chunk: *c}
		}
	})
	if err != nil {
		return nil, err
	}
	if len(kept) > MaxOrdered {
		return nil, domain.Errorf(domain.ErrTooLarge, "a sample has at most %d points: ask for fewer with limit", MaxOrdered)
	}
	rand.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	return f.filled(ctx, of(kept, page), fields)
}

// each calls fn with the chunks that where selects.
func (f *Finder) each(ctx context.Context, where *filterlang.Filter, fields domain.Fields, fn func(*domain.Chunk)) error {
	in := app.List{Database: f.Of.ID, Number: f.Of.Number, Filter: where, Fields: fields, Limit: min(pageSize, f.Uses.Limits().Results)}
	for {
		p, err := f.Uses.List(ctx, in)
		if err != nil {
			return err
		}
		for i := range p.Chunks {
			fn(&p.Chunks[i])
		}
		if in.After = p.Next; p.Next == 0 {
			return nil
		}
	}
}

// pageSize is how many chunks are read at once where all are looked at.
const pageSize = 1000
