package query

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Searcher is what one goroutine needs to answer queries over a graph. Its zero value is ready
// to use; it is kept and used again, so that searches allocate nothing.
type Searcher struct {
	walk.Walker
	ids     []int64 // allowed ones, some at a time
	results []domain.Neighbor
	best    walk.Candidates // of what was unfolded
	unit    []float32       // a vector brought to length one

	// of the search under way
	since     uint32 // the graph's clock when it began
	replacing bool   // whether a vector was being replaced then
}

// Search answers q, whose vector fits g, with the nearest first, in q.Into if there is room,
// and says what that took. It waits for nothing and, given q.Into, allocates nothing once
// warm, unless q is Exact. No slot that was removed may be released meanwhile. It returns the
// error of ctx if that ends before.
func (s *Searcher) Search(ctx context.Context, g *graph.Graph, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	s.Begin(g)
	defer s.End()
	vec := q.Vector
	if g.Metric == domain.Cosine {
		s.unit = walk.Grow(s.unit, g.Dims)
		vec = s.unit[:g.Dims]
		rows.Normalise(q.Vector, vec)
	}
	return s.search(ctx, q, vec)
}

// arrivals is how many vectors may be added while a search compares all: without room
// for them they would push out others, although fewer than K came back.
const arrivals = 1 << 16

// search answers q, whose vector is vec as the metric wants it.
func (s *Searcher) search(ctx context.Context, q ports.Query, vec []float32) ([]domain.Neighbor, domain.Work, error) {
	g := s.G
	q.K = min(q.K, int(g.Used())+arrivals) // so sums of it do not overflow
	s.since, s.replacing = g.Clock.Load(), g.Replacing.Load() != 0
	plan := choosePlan(g, q)
	if plan.name == domain.PlanGraph || plan.name == domain.PlanFiltered {
		hits, enough, err := s.overGraph(ctx, q, vec, plan)
		if err != nil {
			return nil, domain.Work{}, err
		}
		if enough {
			return hits, s.work(plan.name), nil
		}
		// The walk did not find enough; comparing all that may come back does.
		plan.name = domain.PlanFlat
		if q.Allow != nil {
			plan.name = domain.PlanExactIDs
		}
	}
	if err := s.scan(ctx, q, vec, plan); err != nil {
		return nil, domain.Work{}, err
	}
	return s.rerank(q, vec), s.work(plan.name), nil
}

func (s *Searcher) work(plan domain.Plan) domain.Work {
	return domain.Work{Plan: plan, Visited: s.Visited, Distances: s.Scored}
}

// overGraph answers q by a walk, and reports whether it found enough.
func (s *Searcher) overGraph(ctx context.Context, q ports.Query, vec []float32, p plan) ([]domain.Neighbor, bool, error) {
	done, err := s.nearest(ctx, q, vec, p)
	if err != nil || !done {
		return nil, false, err
	}
	if s.G.Hosts.Any() || s.G.Outliers.Any() {
		s.unfold(q, vec)
	}
	hits := s.rerank(q, vec)
	return hits, len(hits) == q.K || q.Allow == nil && len(hits) >= int(s.G.Live.Load()), nil
}

// nearest fills the list of candidates by a walk. It reports false if too little of what the
// walk met may come back.
func (s *Searcher) nearest(ctx context.Context, q ports.Query, vec []float32, p plan) (bool, error) {
	start, top, ok := s.G.EntryPoint()
	if !ok {
		return false, nil
	}
	s.Omit = omitted(s.G, q.Omit, start)
	s.SetQuery(vec, false)
	near, distance := s.Descend(start, top, 0)
	s.SearchLayer(near, distance, 0, widened(s.G, p.ef))
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.keep(q.Allow, max(p.enough, s.G.Rescored(q.K)))
	return q.Allow == nil || len(s.Candidates.Entries) >= p.enough, nil
}

// omitted returns the slot that a walk from start is to pass over for the sake of id; none if
// others would be missed without it: the copies that it has, or all, where the walk begins.
func omitted(g *graph.Graph, id int64, start uint32) uint32 {
	if id == 0 {
		return memory.None
	}
	slot := g.ByID.Slot(id)
	if slot == start || slot != memory.None && g.Hosts.Of(slot) != nil {
		return memory.None
	}
	return slot
}

// widened returns the size of a list of candidates in which ef live nodes fit beside removed
// ones.
func widened(g *graph.Graph, ef int) int {
	gone, live := g.Gone.Load(), g.Live.Load()
	if gone == 0 || live <= 0 {
		return ef
	}
	return min(int(float64(ef)*float64(live+gone)/float64(live)), 4*ef)
}
