package remake

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
)

// rebuildMost is up to how many slots a graph is built again rather than copied.
const rebuildMost = 2048

// Review looks at the rows of g and at which vectors it keeps apart. If rows should be made
// again, it returns an empty graph for that, and whether it is to be filled by adding all
// vectors anew, else by a copy. It returns the ids of vectors that should be linked again
// then: their neighbors were chosen badly, or they are to be kept apart, or not any more.
// Only one goroutine at a time looks at a graph or makes it again.
func Review(g *graph.Graph) (h *graph.Graph, anew bool, again []int64) {
	v := g.View()
	misplaced := measureLengths(g, v)
	kind, coding, worth := better(g)
	radius := betterRadius(g, v)
	small := g.Used() <= rebuildMost
	if !worth && radius == g.Radius.Load() && (len(misplaced) == 0 || !small) {
		g.Accuracy.Coarse.Store(false)
		g.PutOffReview()
		return nil, false, misplaced
	}
	h = successor(g, kind, coding)
	h.Radius.Store(radius)
	if small {
		return h, true, nil
	}
	return h, false, append(misplaced, poor(g, h)...)
}

// successor returns an empty graph with rows of such a kind to take the place of g.
func successor(g *graph.Graph, kind string, c rows.Coding) *graph.Graph {
	h := graph.New(g.Shape.WithKind(kind))
	h.Coding = c
	h.Clock.Store(g.Clock.Load())
	h.Radius.Store(g.Radius.Load())
	h.Outliers.From.Store(g.Outliers.From.Load())
	h.VacuumSoon.Store(g.VacuumSoon.Load())
	return h
}

// Emptied returns an empty graph to take the place of g, of which no node is left: with the
// rows that were asked for, and lengths levelled for the vectors that were kept apart.
func Emptied(g *graph.Graph) *graph.Graph {
	h := graph.New(g.Asked())
	h.Clock.Store(g.Clock.Load())
	h.Radius.Store(math.Float32bits(radiusFor(g, g.View(), math.MaxFloat32)))
	return h
}

// AddAll adds the live vectors of old to g, which no one else knows, with b. Nothing is added
// to old meanwhile; what is removed may be in g.
func AddAll(b *build.Builder, g, old *graph.Graph) {
	v := old.View()
	for slot := range old.Used() {
		id := v.ID(slot)
		if id == 0 || v.IsDeleted(slot) {
			continue
		}
		to := b.Insert(g, id, old.Floats(v, slot))
		g.Live.Add(1)
		g.ByID.Swap(id, to)
	}
	g.PutOffReview()
}
