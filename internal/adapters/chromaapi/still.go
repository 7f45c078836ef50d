package chromaapi

import (
	"context"
	"slices"
	"sort"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Under cosine a vector of length zero has no direction: memista stores it and finds nothing
// near it. Chroma says that it is at distance 1 of all, and all of it; so what was asked for
// and is not among the hits is added here.

// asked is what a query of Chroma comes to.
type asked struct {
	col    collection.Collection
	set    domain.Settings
	filter *filterlang.Filter
	fields domain.Fields
	k      int
}

// stillAt is the distance of vectors without a direction.
const stillAt = 1

// isStill reports whether v has no direction under the metric of the collection.
func (q *asked) isStill(v []float32) bool { return q.set.Metric == domain.Cosine && !directed(v) }

// directed reports whether a search under cosine takes v.
func directed(v []float32) bool {
	set := domain.Settings{Metric: domain.Cosine, OptionalEmbeddings: true}
	return set.Searchable(v)
}

// nearStill returns the first records that q selects, as the answer to a vector without a
// direction.
func (a *api) nearStill(ctx context.Context, q *asked) ([]domain.Hit, error) {
	return a.stillOf(ctx, q, q.k, func(c *domain.Chunk) bool { return len(c.Embedding) > 0 })
}

// withStill returns hits, of which there are fewer than were asked for, with the records
// whose vectors have no direction.
func (a *api) withStill(ctx context.Context, q *asked, hits []domain.Hit) ([]domain.Hit, error) {
	n, err := a.uses.Count(ctx, q.col.ID, q.filter)
	if err != nil || n <= int64(len(hits)) {
		return hits, err
	}
	more, err := a.stillOf(ctx, q, q.k-len(hits), func(c *domain.Chunk) bool { return len(c.Embedding) > 0 && !directed(c.Embedding) })
	if err != nil || len(more) == 0 {
		return hits, err
	}
	at := sort.Search(len(hits), func(i int) bool { return hits[i].Distance > stillAt })
	return slices.Insert(hits, at, more...), nil
}

// stillOf returns the first n records that q and is select.
func (a *api) stillOf(ctx context.Context, q *asked, n int, is func(*domain.Chunk) bool) ([]domain.Hit, error) {
	in := app.List{Database: q.col.ID, Number: q.col.Number, Filter: q.filter, Fields: q.fields | domain.FieldEmbedding, Limit: min(stillPage, a.uses.Limits().Results)}
	var hits []domain.Hit
	for {
		page, err := a.uses.List(ctx, in)
		if err != nil {
			return nil, err
		}
		for i := range page.Chunks {
			if is(&page.Chunks[i]) {
				hits = append(hits, domain.Hit{Chunk: page.Chunks[i], Distance: stillAt})
			}
			if len(hits) == n {
				return hits, nil
			}
		}
		if in.After = page.Next; page.Next == 0 {
			return hits, nil
		}
	}
}

// stillPage is how many records are looked at in one go.
const stillPage = 1_000
