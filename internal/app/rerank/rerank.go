// Package rerank ranks the first hits of a search again, by a model that reads the text of
// the query and that of each hit together, and counts what that takes.
package rerank

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Ranker ranks hits by a reranker. It is safe for concurrent use.
type Ranker struct {
	reranker ports.Reranker // nil: there is none

	calls, failures, texts atomic.Uint64
	took                   atomic.Int64 // nanoseconds
}

// New returns a Ranker, which closes r; nil: it has none and refuses to rank.
func New(r ports.Reranker) *Ranker { return &Ranker{reranker: r} }

// Task is what one query wants of its hits.
type Task struct {
	Query     string // the text to rank by
	Offset, K int    // of the hits when they are ranked
	MinScore  *float32
}

// Plan checks what is asked of the hits of a query that has k, offset and these texts, of
// which the first that is not empty is ranked by. It returns how many hits the search has to
// find. results is how many a query may ask for.
func (r *Ranker) Plan(ask domain.Rerank, k, offset, results int, texts ...string) (top int, t Task, err error) {
	t = Task{Query: cmp.Or(texts...), Offset: offset, K: k}
	most := min(domain.MaxRerank, results)
	top = cmp.Or(ask.Top, min(max(domain.DefaultRerank, offset+k), most))
	switch {
	case r.reranker == nil:
		err = domain.Errorf(domain.ErrNoReranker, "this memista has no reranker: search without rerank, or have one configured")
	case strings.TrimSpace(t.Query) == "":
		err = domain.FieldErrorf(domain.ErrInvalid, "rerank", "needs a text to rank by: text, near_text or hybrid")
	case top < 1 || top > most:
		err = domain.FieldErrorf(domain.ErrInvalid, "rerank", "top must be between 1 and %d, got %d", most, top)
	case top < offset+k:
		err = domain.FieldErrorf(domain.ErrInvalid, "rerank", "top must be at least offset + k, got %d for %d + %d", top, offset, k)
	}
	return top, t, err
}

// Rank puts hits, best first, into the order of their texts' scores for t.Query, and returns
// the part that t asks for; e has what that took. The score of a hit is that of the reranker.
// Hits without a text come last, in their order and with the score of the last of the others;
// if none has a text, all stays as it is. Equal scores keep their order.
func (r *Ranker) Rank(ctx context.Context, t Task, hits []domain.Hit, e *domain.Explain) ([]domain.Hit, error) {
	var at []int // the hits that have a text
	var texts []string
	for i := range hits {
		if text := hits[i].Text; strings.TrimSpace(text) != "" {
			at, texts = append(at, i), append(texts, text)
		}
	}
	began := time.Now()
	scores, err := r.ask(ctx, t.Query, texts)
	if err != nil {
		return nil, err
	}
	e.Times.Rerank = time.Since(began)
	e.Rerank = domain.RerankWork{Model: r.reranker.Model(), Texts: len(texts)}
	ranked := ranked(hits, at, scores)
	ranked = ranked[:passing(ranked, t.MinScore)]
	ranked = ranked[min(t.Offset, len(ranked)):]
	ranked = ranked[:min(t.K, len(ranked))]
	out := make([]domain.Hit, len(ranked))
	for i, h := range ranked {
		e.Rerank.First = append(e.Rerank.First, domain.Place{Rank: h.first + 1, Score: h.Score})
		out[i], out[i].Score = h.Hit, h.score
	}
	return out, nil
}

// scored is a hit with its new score and its old place, from 0.
type scored struct {
	domain.Hit
	score float32
	first int
}

// ranked returns hits, of which those at have scores, in their new order.
func ranked(hits []domain.Hit, at []int, scores []float32) []scored {
	out := make([]scored, 0, len(hits))
	for k, i := range at {
		out = append(out, scored{hits[i], scores[k], i})
	}
	slices.SortStableFunc(out, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	for i := range hits {
		if _, has := slices.BinarySearch(at, i); has {
			continue
		}
		score := hits[i].Score
		if len(at) > 0 {
			score = out[len(at)-1].score
		}
		out = append(out, scored{hits[i], score, i})
	}
	return out
}

// passing returns how many of the ranked hits score at least least.
func passing(ranked []scored, least *float32) int {
	if least == nil {
		return len(ranked)
	}
	n := slices.IndexFunc(ranked, func(h scored) bool { return h.score < *least })
	if n < 0 {
		return len(ranked)
	}
	return n
}

// ask asks the reranker, if there is something to ask, and counts.
func (r *Ranker) ask(ctx context.Context, query string, texts []string) ([]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	began := time.Now()
	scores, err := r.reranker.Rerank(ctx, query, texts)
	switch {
	case err == nil:
		r.calls.Add(1)
		r.texts.Add(uint64(len(texts)))
	case errors.Is(err, domain.ErrReranker):
		r.failures.Add(1)
	default:
		return nil, err
	}
	r.took.Add(int64(time.Since(began)))
	return scores, err
}

// Stats is what the reranker has done.
type Stats struct {
	Calls, Failures uint64 // rankings that it made, and that failed; one whose caller has gone is neither
	Texts           uint64 // that it gave scores
	Took            time.Duration
}

// Stats returns the counts so far.
func (r *Ranker) Stats() Stats {
	return Stats{Calls: r.calls.Load(), Failures: r.failures.Load(), Texts: r.texts.Load(), Took: time.Duration(r.took.Load())}
}

// Close closes the reranker.
func (r *Ranker) Close() error {
	if r.reranker == nil {
		return nil
	}
	return r.reranker.Close()
}
