package build

import (
	"slices"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// sample looks at what the walk for a new node has found as if it had been a search. It
// changes the query, but not its base, which the choice of neighbors needs.
func (b *Builder) sample(slot uint32, vec []float32, found []uint64) {
	most := b.G.Rescored(graph.SampleK)
	if b.G.Kind == memory.KindF32 || !b.G.Accuracy.Samples(slot) || len(found) < 4*most {
		return
	}
	n, base := len(found), b.Base
	b.Slots = walk.Grow(b.Slots, n+simd.GroupRows)[:0]
	for _, e := range found {
		b.Slots = append(b.Slots, walk.SlotOf(e))
	}
	b.Scores = walk.Grow(b.Scores, n+simd.GroupRows)
	b.SetQuery(vec, false)
	b.Score(b.V, b.Slots, b.Scores, nil)
	coded := append([]float32(nil), b.Scores[:n]...)
	b.SetFullQuery(vec)
	b.ScoreFull(b.V, b.Slots, b.Scores)
	exact := b.Scores[:n]
	last, lastCoded := nth(exact, graph.SampleK-1), nth(coded, most-1)
	kept := 0
	for i, score := range exact {
		if score <= last && coded[i] <= lastCoded {
			kept++
		}
	}
	b.Slots, b.Base = b.Slots[:0], base
	b.G.Accuracy.Note(min(kept, graph.SampleK))
}

// nth returns what would be at i if scores were sorted.
func nth(scores []float32, i int) float32 {
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	return sorted[i]
}
