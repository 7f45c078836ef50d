package chromaapi

import (
	"context"
	"net/http"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/filter"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/observe"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// query answers POST /collections/{uuid}/query.
func (a *api) query(v version) func(*web.Call) error {
	return func(c *web.Call) error {
		col, err := a.find(c)
		if err != nil {
			return err
		}
		q := decode.NewQuery()
		defer q.Free()
		if err := c.InsertBody(func(body []byte) error { return q.Decode(body, v.lenient) }); err != nil {
			return err
		}
		lists, err := a.hits(c, col, q)
		if err != nil {
			return gone(err, col)
		}
		w := a.columns(col, q.Include)
		return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) { return w.Query(b, lists) })
	}
}

// hits returns the records nearest to each embedding of q.
func (a *api) hits(c *web.Call, col collection.Collection, q *decode.Query) ([][]domain.Hit, error) {
	lists, ctx := make([][]domain.Hit, len(q.Embeddings)), c.Context()
	set, err := a.cols.Settings(ctx, col)
	if err != nil {
		return nil, err
	}
	if err := checkEmbeddings(q.Embeddings, set.Dims); err != nil {
		return nil, err
	}
	if len(lists) == 0 || q.Results == 0 || set.Dims == 0 || q.IDs != nil && len(q.IDs) == 0 {
		return lists, nil
	}
	f, err := a.queryFilter(ctx, col, q)
	if err != nil {
		return nil, err
	}
	limits := a.uses.Limits()
	in := asked{col: col, set: set, filter: f, fields: q.Include.Fields(), k: min(q.Results, limits.Results, limits.Hits)}
	most := min(limits.Queries, limits.Hits/in.k) // queries in one search
	for from := 0; from < len(lists); from += most {
		to := min(from+most, len(lists))
		if err := a.search(c, &in, q.Embeddings[from:to], lists[from:to]); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// search answers the embeddings into lists.
func (a *api) search(c *web.Call, in *asked, embeddings [][]float32, lists [][]domain.Hit) error {
	queries, places := make([]app.Query, 0, len(embeddings)), make([]int, 0, len(embeddings))
	ctx := c.Context()
	var err error
	for i, v := range embeddings {
		if in.isStill(v) {
			if lists[i], err = a.nearStill(ctx, in); err != nil {
				return err
			}
			continue
		}
		queries, places = append(queries, app.Query{Embedding: v, K: in.k, Filter: in.filter}), append(places, i)
	}
	if len(queries) == 0 {
		return nil
	}
	found, err := a.uses.Search(ctx, app.Search{Database: in.col.ID, Number: in.col.Number, Queries: queries, Fields: in.fields})
	if err != nil {
		return err
	}
	observe.Search(c, in.col.ID, observe.Found(found), a.opts.SlowQuery)
	for j, i := range places {
		lists[i] = found.Hits[j]
		if len(lists[i]) < in.k && in.set.Metric == domain.Cosine {
			if lists[i], err = a.withStill(ctx, in, lists[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEmbeddings refuses embeddings that a collection with dims components cannot be asked
// about; 0 is one without records.
func checkEmbeddings(list [][]float32, dims int) error {
	for _, v := range list {
		if len(v) != len(list[0]) {
			return refusal.Invalid("Inconsistent dimensions in provided embeddings")
		}
		if dims != 0 && len(v) != dims {
			return wrongDims(dims, len(v))
		}
	}
	return nil
}

// queryFilter returns what the conditions and the ids of q select; nil: everything.
func (a *api) queryFilter(ctx context.Context, col collection.Collection, q *decode.Query) (*filterlang.Filter, error) {
	f := q.Filter()
	if q.IDs == nil {
		return f, nil
	}
	chunks, err := a.chunksOf(ctx, col, q.IDs, 0)
	if err != nil {
		return nil, err
	}
	return both(f, chunks), nil
}

// both returns the filter for those of chunks, in the order of their ids, that f selects.
func both(f *filterlang.Filter, chunks []domain.Chunk) *filterlang.Filter {
	only := filter.IDs(idsOf(chunks))
	if f != nil {
		only = filter.And(only, *f)
	}
	return &only
}

func idsOf(chunks []domain.Chunk) []int64 {
	ids := make([]int64, len(chunks))
	for i := range chunks {
		ids[i] = chunks[i].ID
	}
	return ids
}
