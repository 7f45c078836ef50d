package hnsw

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Search implements ports.VectorIndex. It waits for nothing and, given q.Into, allocates
// nothing once warm, unless q is Exact.
func (ix *Index) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	parity, ok := ix.epochs.enter()
	if !ok {
		return nil, domain.Work{}, domain.ErrClosed
	}
	defer ix.epochs.leave(parity)
	if q.K < 1 {
		return nil, domain.Work{}, domain.Errorf(domain.ErrInvalid, "k must be at least 1, not %d", q.K)
	}
	g := ix.graph.Load()
	if err := g.checkVector(q.Vector); err != nil {
		return nil, domain.Work{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Work{}, err
	}
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	w.begin(g)
	defer w.end()
	vec := q.Vector
	if g.Metric == domain.Cosine {
		w.unit = grow(w.unit, g.Dims)
		vec = w.unit[:g.Dims]
		rows.Normalise(q.Vector, vec)
	}
	return w.search(ctx, q, vec)
}

// arrivals is how many vectors may be added while a search compares all: without room
// for them they would push out others, although fewer than K came back.
const arrivals = 1 << 16

// search answers q, whose vector is vec as the metric wants it.
func (w *searcher) search(ctx context.Context, q ports.Query, vec []float32) ([]domain.Neighbor, domain.Work, error) {
	g := w.g
	q.K = min(q.K, int(g.Used())+arrivals) // so sums of it do not overflow
	w.since, w.replacing = g.clock.Load(), g.replacing.Load() != 0
	plan := g.plan(q)
	if plan.name == domain.PlanGraph || plan.name == domain.PlanFiltered {
		hits, enough, err := w.overGraph(ctx, q, vec, plan)
		if err != nil {
			return nil, domain.Work{}, err
		}
		if enough {
			return hits, w.work(plan.name), nil
		}
		// The walk did not find enough; comparing all that may come back does.
		plan.name = domain.PlanFlat
		if q.Allow != nil {
			plan.name = domain.PlanExactIDs
		}
	}
	if err := w.scan(ctx, q, vec, plan); err != nil {
		return nil, domain.Work{}, err
	}
	return w.rerank(q, vec), w.work(plan.name), nil
}

func (w *searcher) work(plan domain.Plan) domain.Work {
	return domain.Work{Plan: plan, Visited: w.visited, Distances: w.scored}
}

// overGraph answers q by a walk, and reports whether it found enough.
func (w *searcher) overGraph(ctx context.Context, q ports.Query, vec []float32, p plan) ([]domain.Neighbor, bool, error) {
	done, err := w.nearest(ctx, q, vec, p)
	if err != nil || !done {
		return nil, false, err
	}
	if w.g.hosts.any() || w.g.outliers.any() {
		w.addCopies(q, vec)
	}
	hits := w.rerank(q, vec)
	return hits, len(hits) == q.K || q.Allow == nil && len(hits) >= int(w.g.live.Load()), nil
}

// nearest fills the list of candidates by a walk. It reports false if too little of what the walk met
// may come back.
func (w *searcher) nearest(ctx context.Context, q ports.Query, vec []float32, p plan) (bool, error) {
	start, top, ok := w.g.entryPoint()
	if !ok {
		return false, nil
	}
	w.SetQuery(vec, false)
	near, distance := w.descend(start, top, 0)
	w.searchLayer(near, distance, 0, w.g.widened(p.ef))
	if err := ctx.Err(); err != nil {
		return false, err
	}
	w.keep(q.Allow, max(p.enough, w.g.Rescored(q.K)))
	return q.Allow == nil || len(w.candidates.entries) >= p.enough, nil
}

// widened returns a list of candidates size in which ef live nodes fit beside removed ones.
func (g *graph) widened(ef int) int {
	gone, live := g.gone.Load(), g.live.Load()
	if gone == 0 || live <= 0 {
		return ef
	}
	return min(int(float64(ef)*float64(live+gone)/float64(live)), 4*ef)
}

// keep drops what may not come back and has no copies that may, and what follows the first
// most others: no one looks at that, and each look costs two reads of scattered memory.
func (w *searcher) keep(allow ports.IDSet, most int) {
	if w.g.clock.Load() == 0 && allow == nil {
		return
	}
	copies := w.g.hosts.any()
	kept := w.candidates.entries[:0]
	for _, e := range w.candidates.entries {
		if len(kept) == most {
			break
		}
		if slot := entrySlot(e); w.may(slot, allow) || copies && w.copyMay(slot, allow) {
			kept = append(kept, e)
		}
	}
	w.candidates.entries = kept
}

// may reports whether slot may come back: it was not removed before the search began,
// and is allowed.
func (w *searcher) may(slot uint32, allow ports.IDSet) bool {
	return w.v.Visible(slot, w.since) && (allow == nil || allow.Contains(w.v.ID(slot)))
}
