package app

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// search answers q from tail and graph and tells e how.
func (p *projection) search(ctx context.Context, q ports.Query, e *domain.Explain) ([]domain.Neighbor, error) {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		return nil, errReplaced
	}
	if err := p.expire(); err != nil {
		return nil, err
	}
	// The order matters. Tail before graph: see the comment of projection. Limbo after
	// the tail: what moves is in the tail until it is in limbo, so the tail had it. What
	// goes to limbo while the graph is saved was not, but then left has changed.
	began := time.Now()
	left := p.left.Load()
	near, work, err := p.tail.Search(ctx, q)
	limbo := p.limbo.Load()
	g := p.graph.Load()
	if err != nil {
		return nil, err
	}
	if work.Visited+work.Distances > 0 {
		e.Tail = domain.Part{Work: work, Vectors: p.tail.Stats().Len, Neighbors: len(near)}
	}
	tailed := time.Now()
	e.Work, e.Candidates, e.Times.Tail = work, len(near), tailed.Sub(began)
	if g == nil {
		return near, nil
	}
	q.Into = nil
	far, work, err := searchGraph(ctx, g, q, limbo)
	if err != nil {
		return nil, err
	}
	e.Graph = domain.Part{Work: work, Vectors: g.Stats().Len, Neighbors: len(far)}
	e.Work = work.Add(e.Work)
	e.Candidates += len(far)
	found := merge(near, far, q.K)
	if p.left.Load() != left {
		// Vectors were replaced meanwhile: the old ones had left the graph, or were in limbo,
		// before it was searched, the new ones came to the tail after that was.
		if near, work, err = p.tail.Search(ctx, q); err != nil {
			return nil, err
		}
		found, e.Work = merge(near, found, q.K), e.Work.Add(work)
	}
	e.Times.Graph = time.Since(tailed)
	return found, nil
}

// limboSlack is how many more neighbors than asked for the graph is asked for while
// something is in limbo. It is seldom more than a handful near one query.
const limboSlack = 16

// searchGraph returns the neighbors that the graph finds outside limbo.
func searchGraph(ctx context.Context, g *graph, q ports.Query, limbo *limboes) ([]domain.Neighbor, domain.Work, error) {
	if limbo == nil {
		return g.Search(ctx, q)
	}
	k := q.K
	q.K = k + min(limboSlack, limbo.n)
	found, work, err := g.Search(ctx, q)
	if err != nil {
		return nil, work, err
	}
	full := len(found) == q.K
	found = limbo.without(found)
	if len(found) < k && full && q.K < k+limbo.n {
		q.K = k + limbo.n
		again, more, err := g.Search(ctx, q)
		return limbo.without(again), work.Add(more), err
	}
	return found, work, nil
}

// merge returns the k nearest of two sorted lists, each id once: of a vector that is in
// both, the one in near counts, which is the newer.
func merge(near, far []domain.Neighbor, k int) []domain.Neighbor {
	if len(near) == 0 {
		return far[:min(k, len(far))]
	}
	newer := make(map[int64]struct{}, len(near))
	for _, n := range near {
		newer[n.ID] = struct{}{}
	}
	out := make([]domain.Neighbor, 0, min(k, len(near)+len(far)))
	for len(out) < k && (len(near) > 0 || len(far) > 0) {
		switch {
		case len(far) == 0 || len(near) > 0 && near[0].Less(far[0]):
			out = append(out, near[0])
			near = near[1:]
		default:
			if _, twice := newer[far[0].ID]; !twice {
				out = append(out, far[0])
			}
			far = far[1:]
		}
	}
	return out
}
