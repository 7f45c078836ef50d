package wire

import (
	"cmp"
	"context"

	"github.com/memista/memista/internal/domain"
)

// Query is a search in one place. With neither Vector nor Text it lists objects by their ids.
type Query struct {
	Place
	Vector     []float32 // nearest first
	Text       string    // by BM25
	TextIn     []string  // properties that Text is looked for in; all searchable ones if nil
	Alpha      float64   // with Vector and Text: the weight of the vector, 0 to 1
	Ranked     bool      // with Vector and Text: fused by ranks instead of scores
	Filter     *Filter   // nil: all
	Limit      int       // at most what the cluster's QUERY_MAXIMUM_RESULTS says, together with Offset: 10,000 by default
	Offset     int
	Properties []string // that are returned
	WithVector bool
	Level      Consistency // "": One
}

// Found is a hit of a search.
type Found struct {
	Object
	Distance float32 // of a search by Vector alone: by the metric of the class
	Score    float32 // of a search with Text: higher is better
}

// Search returns the objects that are found, best first: what one of the replicas of each
// shard knows. A higher Level finds no more; Weaviate then compares what was found in several
// shards with the other replicas.
func (c *Client) Search(ctx context.Context, q Query) (found []Found, err error) {
	if q.Limit < 1 || q.Offset < 0 {
		return nil, domain.Errorf(domain.ErrInvalid, "a search of the cluster needs a limit from 1 on, and no negative offset")
	}
	err = c.call(ctx, "search", "Search", encodeSearch(&q, cmp.Or(q.Level, One)), func(answer []byte) (err error) {
		found, err = decodeSearch(answer)
		return err
	})
	return found, err
}

// Count returns how many objects a filter selects, of nil all, as one replica of each shard
// knows them.
func (c *Client) Count(ctx context.Context, p Place, f *Filter) (n int64, err error) {
	err = c.call(ctx, "count", "Aggregate", encodeCount(p, f), func(answer []byte) (err error) {
		n, err = decodeCount(answer)
		return err
	})
	return n, err
}
