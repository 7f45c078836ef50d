package remake

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// poor returns the ids of vectors that rows cannot tell from their neighbors, but could
// under h: what a row is off is more than half the distance to the farthest of some of
// them, or it is a copy and would be none.
func poor(g, h *graph.Graph) []int64 {
	v := g.View()
	room := make([]float32, 2*g.Dims)
	var ids []int64
	for slot, vec := range liveIn(g, v, 1) {
		var poor bool
		if host, near := v.HostOf(slot); host != memory.None {
			rest := room[:g.Dims]
			h.Residual(vec, rest)
			poor = near && host < v.Len() && simd.L2(vec, g.Floats(v, host)) > h.Resolution(vec, rest)
		} else {
			poor = poorNode(g, v, slot, vec, room[g.Dims:])
		}
		if poor {
			ids = append(ids, v.ID(slot))
		}
	}
	return ids
}

// poorNode is poor for one node. It uses back, of as many components as vectors have.
func poorNode(g *graph.Graph, v *memory.View, slot uint32, vec, back []float32) bool {
	const some = 8
	if !g.Accuracy.Coarse.Load() {
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
