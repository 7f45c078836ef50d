package tiered

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// searchTries is how often a search is made that vectors overtake. The last time none
// does: changes wait for it.
const searchTries = 4

// Search answers q from buffer and graph and tells e how.
func (p *Index) Search(ctx context.Context, q ports.Query, e *domain.Explain) ([]domain.Neighbor, error) {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		return nil, ErrReplaced
	}
	if err := p.expire(); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		if try == searchTries {
			p.mu.Lock()
			defer p.mu.Unlock()
		}
		found, overtaken, err := p.searchOnce(ctx, q, e)
		if err != nil || !overtaken || try == searchTries {
			return found, err
		}
	}
}

// searchOnce is Search, but may lack neighbors: then it was overtaken.
func (p *Index) searchOnce(ctx context.Context, q ports.Query, e *domain.Explain) (found []domain.Neighbor, overtaken bool, err error) {
	// The order matters. Buffer before graph: see the comment of Index. Tombstones after
	// the buffer: what moves is in the buffer until it is among the tombstones, so the buffer had it. What
	// goes to the tombstones while the graph is saved was not, but then losses has changed.
	began := time.Now()
	left := p.losses.Load()
	near, work, err := p.buffer.Search(ctx, q)
	tombs := p.tombs.Load()
	g := p.graph.Load()
	if err != nil {
		return nil, false, err
	}
	if work.Visited+work.Distances > 0 {
		e.Tail = domain.Part{Work: work, Vectors: p.buffer.Stats().Len, Neighbors: len(near)}
	}
	tailed := time.Now()
	e.Work, e.Candidates, e.Times.Tail = work, len(near), tailed.Sub(began)
	if g == nil {
		return near, false, nil
	}
	q.Into = nil
	far, work, err := searchGraph(ctx, g, q, tombs)
	if err != nil {
		return nil, false, err
	}
	e.Graph = domain.Part{Work: work, Vectors: g.Stats().Len, Neighbors: len(far)}
	e.Work = work.Add(e.Work)
	e.Candidates += len(far)
	found = merge(near, far, q.K)
	if p.losses.Load() != left {
		// Vectors were replaced concurrently: the old ones had left the graph, or were among the tombstones,
		// before it was searched, the new ones came to the buffer after that was.
		if near, work, err = p.buffer.Search(ctx, q); err != nil {
			return nil, false, err
		}
		// Or after it was, and then the old ones have taken places among the K that others
		// should have got.
		overtaken = len(found) == q.K && shareID(near, found)
		found, e.Work = merge(near, found, q.K), e.Work.Add(work)
	}
	e.Times.Graph = time.Since(tailed)
	return found, overtaken, nil
}

// shareID reports whether an id is in both lists with another distance.
func shareID(near, found []domain.Neighbor) bool {
	newer := make(map[int64]float32, len(near))
	for _, n := range near {
		newer[n.ID] = n.Distance
	}
	for _, n := range found {
		if d, in := newer[n.ID]; in && d != n.Distance {
			return true
		}
	}
	return false
}

// tombstoneSlack is how many more neighbors than asked for the graph is asked for while
// something is among the tombstones. It is seldom more than a handful near one query.
const tombstoneSlack = 16

// searchGraph returns the neighbors that the graph finds outside the tombstones.
func searchGraph(ctx context.Context, g *graph, q ports.Query, tombs *tombstones) ([]domain.Neighbor, domain.Work, error) {
	if tombs == nil {
		return g.Search(ctx, q)
	}
	k := q.K
	q.K = k + min(tombstoneSlack, tombs.n)
	found, work, err := g.Search(ctx, q)
	if err != nil {
		return nil, work, err
	}
	full := len(found) == q.K
	found = tombs.filter(found)
	if len(found) < k && full && q.K < k+tombs.n {
		q.K = k + tombs.n
		again, more, err := g.Search(ctx, q)
		return tombs.filter(again), work.Add(more), err
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
