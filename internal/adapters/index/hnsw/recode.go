package hnsw

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// What vectors have in common, and which are long, is known when there are some, and may
// change. So both are looked at again each time the graph has become this many times as
// large, and whenever a sample shows that codes have become too coarse, or too many are
// long. If no coding helps, rows are the float32 originals.
const (
	firstReview = 64
	nextReview  = 8
)

// reviewFor returns at how many slots a graph of n is looked at next.
func reviewFor(n uint32) uint32 {
	at := uint64(firstReview)
	for at <= uint64(n) {
		at *= nextReview
	}
	return uint32(min(at, math.MaxUint32))
}

// reviewDue reports whether the rows of g should be looked at.
func (g *graph) reviewDue() bool {
	if g.Kind == memory.KindF32 && g.Metric != domain.InnerProduct {
		return false
	}
	return g.Used() >= g.review.Load() || g.accuracy.coarse.Load() || g.outliers.full.Load()
}

// reviewIfDue makes the rows of the graph again, if that is due and worth it. It puts it
// off while other work on the whole graph is under way.
func (ix *Index) reviewIfDue() {
	if !ix.graph.Load().reviewDue() || !ix.vacuum.mu.TryLock() {
		return
	}
	g := ix.graph.Load()
	var poor []int64
	if g.reviewDue() {
		poor = ix.reviewed(g)
	}
	ix.vacuum.mu.Unlock()
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	for _, id := range poor {
		if ix.vacuum.ctx.Err() != nil {
			return // the index is being closed
		}
		ix.relink(w, id)
	}
	if len(poor) > 0 {
		ix.vacuumIfDue()
	}
}

// reviewed makes the rows of g again if that is worth it, and returns the ids of vectors
// that should be linked again: their neighbors were chosen badly, or they are to be kept
// apart, or not any more.
func (ix *Index) reviewed(g *graph) []int64 {
	v := g.View()
	misplaced := g.measureLengths(v)
	kind, coding, worth := g.better()
	radius := g.betterRadius(v)
	small := g.Used() <= rebuildMost
	if !worth && radius == g.Radius.Load() && (len(misplaced) == 0 || !small) {
		g.accuracy.coarse.Store(false)
		g.review.Store(reviewFor(g.Used()))
		return misplaced
	}
	h := g.successor(kind, coding)
	h.Radius.Store(radius)
	poor := misplaced
	if !small {
		poor = append(poor, g.poor(h)...)
	} else {
		poor = nil
	}
	if !ix.succeed(g, h, small) {
		return nil
	}
	return poor
}

// succeed fills h with what g has and puts it in the place of g, unless the index is being
// closed.
func (ix *Index) succeed(g, h *graph, small bool) bool {
	ix.writing.Lock()
	ix.removal.begin()
	if small {
		h.rebuild(ix, g)
	} else if err := h.compactFrom(ix.vacuum.ctx, g, new(steps)); err != nil { // it is being closed
		ix.removal.abandon()
		ix.writing.Unlock()
		return false
	}
	ix.removal.replace(ix, h)
	ix.writing.Unlock()
	ix.epochs.wait()
	_ = ix.unmap() // all that lay in a file was copied; the file is no loss
	return true
}

// measureLengths chooses again which vectors are kept apart, and returns the ids of those
// for which that changes.
func (g *graph) measureLengths(v *memory.View) []int64 {
	if g.Metric != domain.InnerProduct {
		return nil
	}
	g.limitLengths(v)
	ids := g.misplaced(v)
	if len(ids) > 0 {
		g.vacuumSoon.Store(true)
	}
	return ids
}

// betterRadius returns the bits of the squared radius for g: another one if the present
// one is that of vectors that are now kept apart.
func (g *graph) betterRadius(v *memory.View) uint32 {
	present := g.Radius.Load()
	if g.Metric != domain.InnerProduct {
		return present
	}
	const much = 2
	if better := g.radiusFor(v, g.outliers.limit()); better > 0 && math.Float32frombits(present) > much*better {
		return math.Float32bits(better)
	}
	return present
}

// rebuildMost is up to how many slots a graph is built again rather than copied.
const rebuildMost = 2048

// successor returns an empty graph with such rows to take the place of g.
func (g *graph) successor(kind string, c rows.Coding) *graph {
	h := newGraph(g.Shape.WithKind(kind))
	h.Coding = c
	h.clock.Store(g.clock.Load())
	h.Radius.Store(g.Radius.Load())
	h.outliers.from.Store(g.outliers.from.Load())
	h.vacuumSoon.Store(g.vacuumSoon.Load())
	return h
}

// rebuild adds the live vectors of old to g.
func (g *graph) rebuild(ix *Index, old *graph) {
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	v := old.View()
	for slot := range old.Used() {
		id := v.ID(slot)
		if id == 0 || v.IsDeleted(slot) {
			continue
		}
		to := g.insert(w, id, old.Floats(v, slot))
		w.end()
		g.live.Add(1)
		g.ByID.Swap(id, to)
	}
	g.review.Store(reviewFor(g.Used()))
}

// poor returns the ids of vectors that rows cannot tell from their neighbors, but could
// under h: what a row is off is more than half the distance to the farthest of some of
// them, or it is a copy and would be none.
func (g *graph) poor(h *graph) []int64 {
	v := g.View()
	room := make([]float32, 2*g.Dims)
	var ids []int64
	for slot := range g.Used() {
		id := v.ID(slot)
		if id == 0 || slot >= v.Len() || v.IsDeleted(slot) {
			continue
		}
		vec := g.Floats(v, slot)
		var poor bool
		if host, near := v.HostOf(slot); host != memory.None {
			rest := room[:g.Dims]
			h.Residual(vec, rest)
			poor = near && host < v.Len() && simd.L2(vec, g.Floats(v, host)) > h.Resolution(vec, rest)
		} else {
			poor = g.poorNode(v, slot, vec, room[g.Dims:])
		}
		if poor {
			ids = append(ids, id)
		}
	}
	return ids
}

// poorNode is poor for one node. It uses back, of as many components as vectors have.
func (g *graph) poorNode(v *memory.View, slot uint32, vec, back []float32) bool {
	const some = 8
	if !g.accuracy.coarse.Load() {
		return false
	}
	g.Decode(v, slot, back)
	off := simd.L2(vec, back)
	var far float32
	for i, to := range memory.LinksOf(g.List(v, slot, 0), nil) {
		if i == some || to >= v.Len() {
			break
		}
		far = max(far, simd.L2(vec, g.Floats(v, to)))
	}
	return far > 0 && 4*off > far
}
